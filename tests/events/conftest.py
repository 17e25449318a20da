"""Fixtures for tests of events."""

from collections.abc import Iterator

import pytest
import time_machine

from tests.events.book_club import NOW


@pytest.fixture
def a_monday_in_january() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield
