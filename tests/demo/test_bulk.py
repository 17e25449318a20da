"""Bulk loading restores the indexes, constraints and triggers that it removes."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from demo import generated
from demo.bulk import bulk_loading
from demo.generated import generate_events
from events.models import Event, Rating, Tally, Word
from tests.factories import CategoryFactory, TagFactory

pytestmark = [pytest.mark.django_db, pytest.mark.real]


def schema_objects() -> set[tuple[Any, ...]]:
    """Return the definitions of all indexes, constraints and triggers."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 'index', indexname, indexdef FROM pg_indexes"
            " WHERE schemaname = current_schema()"
            " UNION SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)"
            " FROM pg_constraint WHERE convalidated"
            " UNION SELECT tgenabled::text, tgname, pg_get_triggerdef(oid)"
            " FROM pg_trigger WHERE NOT tgisinternal"
        )
        return set(cursor.fetchall())


@pytest.fixture
def _low_bulk_threshold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generated, "_MANY", 1000)
    CategoryFactory.create()
    TagFactory.create_batch(2)


@pytest.mark.usefixtures("_low_bulk_threshold")
def test_indexes_constraints_and_triggers_are_restored() -> None:
    before = schema_objects()
    generate_events(1000, lambda batches: batches)
    assert {model.objects.count() for model in (Event, Tally, Rating)} == {1000}
    assert schema_objects() == before


@pytest.mark.usefixtures("_low_bulk_threshold")
def test_words_match_those_of_the_trigger() -> None:
    generate_events(1000, lambda batches: batches)
    words = set(Word.objects.values_list("pk", flat=True))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM events_word")
        cursor.execute("UPDATE events_event SET sequence = sequence")  # the trigger adds them again
    assert words == set(Word.objects.values_list("pk", flat=True)) != set()


def test_failed_load_restores_the_schema() -> None:
    before = schema_objects()
    with pytest.raises(IntegrityError, match="events_tally_event_id"), bulk_loading():
        Tally.objects.create(event_id=4711)
    assert schema_objects() == before
