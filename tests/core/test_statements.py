"""Updates that are compiled once."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db.models import BigIntegerField, DateTimeField, F

from core.database.statements import Parameter, Statement
from events.models import Event
from tests.factories import EventFactory

pytestmark = [pytest.mark.both, pytest.mark.django_db]

NOON = datetime(2027, 6, 4, 12, tzinfo=UTC)


def moving() -> Statement:
    """Return an UPDATE of one event, if it starts at `start`."""
    pk, start = Parameter("id", BigIntegerField()), Parameter("start", DateTimeField())
    return Statement.of_update(
        Event.objects.filter(pk=pk, start_time=start),
        start_time=Parameter("new_start", DateTimeField()),
        sequence=F("sequence") + 1,
        location="Elsewhere",
    )


def stored(*events: Event) -> list[tuple[Any, ...]]:
    rows = [Event.objects.get(pk=event.pk) for event in events]
    return [(row.start_time, row.sequence, row.location) for row in rows]


def test_update_changes_its_rows_alone() -> None:
    event, other = EventFactory.create_batch(2, start_time=NOON, location="Here")
    later = NOON + timedelta(hours=1)
    assert moving().update(id=event.pk, start=NOON, new_start=later) == 1
    assert stored(event, other) == [(later, 1, "Elsewhere"), (NOON, 0, "Here")]


def test_update_is_executed_with_the_values_of_each_call() -> None:
    event = EventFactory.create(start_time=NOON)
    statement = moving()
    starts = [NOON + timedelta(minutes=minutes) for minutes in range(3)]
    for before, after in pairwise(starts):
        assert statement.update(id=event.pk, start=before, new_start=after) == 1
    assert statement.update(id=event.pk, start=NOON, new_start=NOON) == 0
    assert stored(event) == [(starts[-1], 2, "Elsewhere")]
