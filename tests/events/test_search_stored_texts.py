"""Search columns of PostgreSQL, written by triggers and by a migration."""

from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, transaction

from events.models import Event, Word
from tests.client import Api
from tests.factories import EventFactory

pytestmark = [pytest.mark.django_db, pytest.mark.real]


def stored() -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, title_folded, location_folded, search FROM events_event ORDER BY id"
        )
        return list(cursor.fetchall())


def test_stored_texts_follow_every_write() -> None:
    event = EventFactory.create(title="Łódź", location="Straße 1", description="Node.js")
    assert stored()[0][1:3] == ("lodz", "strasse 1")
    assert "'nodejs'" in stored()[0][3]
    Event.objects.filter(pk=event.pk).update(title="Blink-182")
    assert stored()[0][1] == "blink 182"
    [copy] = Event.objects.bulk_create([Event(**_fields_of(event, title="AC/DC"))])
    assert stored()[1][:2] == (copy.pk, "ac dc")


def _fields_of(event: Event, **changes: Any) -> dict[str, Any]:
    names = [field.attname for field in Event._meta.concrete_fields if not field.primary_key]
    return {name: getattr(event, name) for name in names} | changes


def test_migration_rewrites_old_rows(monkeypatch: pytest.MonkeyPatch, as_ada: Api) -> None:
    """Rows and words of the previous version, with batches smaller than the table."""
    for title in ("Łódź", "Node.js", "ΟΔΟΣ"):
        EventFactory.create(title=title)
    expected = stored()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE events_event SET title_folded = lower(title), location_folded = '',"
            " search = to_tsvector('english_unaccent', title)"
        )
    Word.objects.bulk_create([Word(word="łódź"), Word(word="οδος")], ignore_conflicts=True)
    assert stored() != expected
    migration = import_module("events.migrations.0020_fold_stored_texts")
    monkeypatch.setattr(migration, "BATCH", 2)
    migration.fold_stored_texts(None, SimpleNamespace(connection=connection))
    assert stored() == expected
    assert {word.pk for word in Word.objects.all()} == {"lodz", "node", "town", "hall", "οδοσ"}
    [event] = as_ada.get("/events/search/", q="nodejs")["results"]
    assert event["title"] == "Node.js"


def test_previous_version_still_finds_events() -> None:
    """Statements of the previous version while both run, which use the same function names."""
    EventFactory.create(title="Fête in Zürich", description="Running with friends")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM events_event"
            " WHERE search @@ websearch_to_tsquery('english_unaccent', 'ZÜRICH runs')"
            " AND title_folded LIKE ('%%' || regexp_replace(events_fold('FETE in'),"
            " '([\\%%_])', '\\\\\\1', 'g') || '%%')"
            " AND title_folded ~ ('\\mzur')"
        )
        assert cursor.fetchone() == (1,)
