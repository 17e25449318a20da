"""Bulk loading restores indexes, constraints and triggers."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from demo import generated
from demo.bulk import bulk_loading
from demo.generated import generate_events
from events.models import Event, Rating, Tally, Word
from tests.factories import CategoryFactory, TagFactory

pytestmark = [pytest.mark.django_db, pytest.mark.real]


def kept_up() -> set[tuple[Any, ...]]:
    """Return indexes, constraints and triggers of all tables."""
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
def _many_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generated, "_MANY", 1000)
    CategoryFactory.create()
    TagFactory.create_batch(2)


@pytest.mark.usefixtures("_many_are_few")
def test_indexes_constraints_and_triggers_come_back() -> None:
    before = kept_up()
    generate_events(1000, lambda batches: batches)
    assert {model.objects.count() for model in (Event, Tally, Rating)} == {1000}
    assert kept_up() == before


@pytest.mark.usefixtures("_many_are_few")
def test_many_at_once_note_the_words_that_the_trigger_would() -> None:
    generate_events(1000, lambda batches: batches)
    noted = set(Word.objects.values_list("pk", flat=True))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM events_word")
        cursor.execute(
            "UPDATE events_event SET sequence = sequence"
        )  # the trigger inserts them again
    assert noted == set(Word.objects.values_list("pk", flat=True)) != set()


def test_a_row_that_refers_to_nothing_is_refused_and_nothing_is_lost() -> None:
    before = kept_up()
    with pytest.raises(IntegrityError, match="events_tally_event_id"), bulk_loading():
        Tally.objects.create(event_id=4711)
    assert kept_up() == before
