"""The names of parametrized cases."""

import pytest

from tests.ids import LONGEST_NAME, short_id, unreadable

pytestmark = pytest.mark.embedded


def test_names_that_a_report_can_show_pass() -> None:
    assert unreadable(["test_a", "test_title_is_found[Φεστιβάλ by tainias]"]) == []


def test_long_and_unprintable_names_are_found() -> None:
    bad = ["test_a[" + "x" * LONGEST_NAME, "test_a[\x00]", "test_a[\ud800]"]
    assert len(unreadable(bad)) == 3


def test_long_and_unprintable_values_get_names() -> None:
    names = [
        short_id(value) for value in ("x" * 5_000_000, b"\xff\x00" * 1_000_000, "\u202ea", "a")
    ]
    assert unreadable(names) == []
    assert names[2:] == ["U+202Ea", "a"]
