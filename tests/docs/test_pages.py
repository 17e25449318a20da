"""Links and names in the documentation exist."""

import re

import pytest

from dev.links import ROOT, broken_links

pytestmark = pytest.mark.embedded


def test_relative_links_lead_to_a_file_and_an_anchor() -> None:
    assert broken_links() == []


def test_benchmarks_page_names_every_benchmark() -> None:
    named = re.findall(r"benchmarks\.(\w+)", (ROOT / "docs/benchmarks.md").read_text())
    modules = {file.stem for file in ROOT.glob("benchmarks/[a-z]*.py")}
    packages = {file.parent.name for file in ROOT.glob("benchmarks/*/__main__.py")}
    assert set(named) == modules | packages


def test_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 250
