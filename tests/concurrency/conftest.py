"""The provider that the races of imports use, and locks that controls leave out."""

import pytest

from core.database.functions import QueryFunction
from rsvp.services import under_lock
from tests.external_events.conftest import ticketmaster

__all__ = ["ticketmaster"]


@pytest.fixture
def without_the_persons_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lock only the tally before an RSVP is decided, and send the query instead of its function."""
    query, lock, after = under_lock.reading_function().sql.partition(" FOR NO KEY UPDATE OF person")
    assert (bool(lock), after) == (True, "")
    unlocked = QueryFunction("unlocked", params=["bigint", "bigint"], columns="", sql=query)
    monkeypatch.setattr(under_lock, "reading_function", lambda: unlocked)
