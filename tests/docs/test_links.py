"""Relative links of every Markdown file lead somewhere, on GitHub too."""

import re
from pathlib import Path

import pytest

from tests.docs.markdown import ROOT, anchors, links, pages

pytestmark = pytest.mark.embedded


def _is_broken(page: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    found = (page.parent / path).resolve() if path else page
    if not found.exists():
        return True
    return bool(anchor) and anchor not in anchors(found)


def test_relative_links_lead_to_a_file_and_an_anchor() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages()
        for target in links(page)
        if _is_broken(page, target)
    ]
    assert broken == []


def test_benchmarks_page_names_every_benchmark() -> None:
    named = re.findall(r"benchmarks\.(\w+)", (ROOT / "docs/benchmarks.md").read_text())
    assert set(named) == {file.stem for file in ROOT.glob("benchmarks/[a-z]*.py")}
