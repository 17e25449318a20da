"""Measures events per second of a subscription: new, unchanged and changed ones.

    python -m benchmarks.imports

In one process on the PostgreSQL of the run, in pages of 200, without the time of the provider. The
floors are the same rows saved without services, and events created by organizers.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ |= {
    "DATABASE_URL": os.environ["TEST_DATABASE_URL"],
    "SECRET_KEY": "for-the-benchmark-only-" + "x" * 50,
    "LOG_LEVEL": "WARNING",
}

import django

django.setup()

from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from events.models import Event, Rating, Tally
from events.services.events import create_event
from external_events.models import Import, Subscription
from external_events.records import ExternalEvent
from external_events.services.page_imports import import_page

NUMBER = 1_000
PAGE = 200


def main() -> None:
    call_command("migrate", verbosity=0)
    owner = User.objects.create(username="imports", email="imports@example.com", is_organizer=True)
    subscription = Subscription.objects.create(provider="ticketmaster", query="bench", every="once")
    records = [_record(number) for number in range(NUMBER)]
    changed = [replace(record, title=f"{record.title}, moved") for record in records]
    events = [_details(record) for record in records]

    def take_all(these: Sequence[ExternalEvent]) -> Counter[str]:
        counts: Counter[str] = Counter()
        for first in range(0, NUMBER, PAGE):
            page = these[first : first + PAGE]
            counts += import_page(page, subscription=subscription, dry_run=False)
        return counts

    print(f"| {NUMBER:,} events | events/s | statements each |\n|---|---|---|")
    _tell("four rows saved bare (floor)", lambda: _insert(owner, events))
    _forget()
    _tell("created as organizers do (floor)", lambda: _create(owner, events))
    _forget()
    for what, these, counted in (
        ("imported: all are new", records, "created"),
        ("imported again: all are the same", records, "unchanged"),
        ("imported again: all have another title", changed, "updated"),
    ):
        counts = _tell(what, partial(take_all, these))
        assert counts[counted] == NUMBER, counts


def _record(number: int) -> ExternalEvent:
    """Return events of which two start in each minute, as candidates for duplicates."""
    start = timezone.now().replace(microsecond=0) + timedelta(days=30, minutes=number // 2)
    return ExternalEvent(
        provider="ticketmaster",
        external_id=f"B{number}",
        title=f"Evening {number}",
        description="Three trios, one skyline. " * 20,
        location="The Cellar, 1 Low Street, London",
        latitude=51.5072,
        longitude=-0.1276,
        timezone="Europe/London",
        start_time=start,
        url=f"https://tickets.example/event/{number}",
        categories=("Music", "Jazz"),
    )


def _details(record: ExternalEvent) -> dict[str, Any]:
    assert record.start_time
    return {
        "title": record.title,
        "description": record.description,
        "location": record.location,
        "latitude": record.latitude,
        "longitude": record.longitude,
        "start_time": record.start_time,
        "end_time": record.start_time + timedelta(hours=3),
    }


def _insert(owner: User, events: Sequence[dict[str, Any]]) -> None:
    now = timezone.now()
    for details in events:
        with transaction.atomic():
            event = Event(created_by=owner, **details)
            event.save(force_insert=True)
            Tally(event=event).save(force_insert=True)
            Rating(event=event).save(force_insert=True)
            Import(event=event, record_hash="", seen_at=now, next_look_at=now).save(
                force_insert=True
            )


def _create(owner: User, events: Sequence[dict[str, Any]]) -> None:
    for details in events:
        create_event(organizer=owner, details=details)


def _tell(what: str, work: Callable[[], Any]) -> Any:
    statements = 0

    def note(execute: Callable[..., Any], *call: Any) -> Any:
        nonlocal statements
        statements += 1
        return execute(*call)

    with connection.execute_wrapper(note):
        began = time.monotonic()
        done = work()
        per_s = NUMBER / (time.monotonic() - began)
    print(f"| {what} | {per_s:,.0f} | {statements / NUMBER:,.1f} |")
    return done


def _forget() -> None:
    """Delete the events, because the next ones would be possible duplicates."""
    for model in (Import, Tally, Rating, Event):
        model.objects.all().delete()


if __name__ == "__main__":
    main()
