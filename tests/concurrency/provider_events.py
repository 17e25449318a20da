"""Upcoming events of the Ticketmaster stand-in, in its format and as records."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from events.models import Event
from external_events.providers import PROVIDERS
from external_events.records import ExternalEvent
from external_events.services.event_fields import category_finder
from external_events.services.imports import import_record
from tests.standins.ticketmaster import tm_event


def event_in_days(
    external_id: str, name: str = "Jazz", *, days: int = 30, **more: Any
) -> dict[str, Any]:
    """Return an event that starts at noon, this many days from now."""
    day = (timezone.now() + timedelta(days=days)).date()
    return tm_event(external_id, name, local=f"{day}T12:00", zone="UTC", **more)


def event_at(external_id: str, start: datetime) -> dict[str, Any]:
    return tm_event(external_id, local=f"{start.astimezone(UTC):%Y-%m-%dT%H:%M}", zone="UTC")


def record_of(external_id: str, name: str = "Jazz", **more: Any) -> ExternalEvent:
    record = PROVIDERS["ticketmaster"].parse_event(event_in_days(external_id, name, **more))
    assert record
    return record


def create_import(record: ExternalEvent, **overrides: Any) -> Event:
    event, is_new = import_record(
        record, organizer=None, find_category=category_finder(), overrides=overrides
    )
    assert is_new
    return event
