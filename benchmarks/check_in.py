"""Measures check-in at one event: single tickets from several threads, and the CSV file.

    python -m benchmarks.check_in

Calls the services, on the PostgreSQL of the run. The floor is as many bare updates of the tally,
each in a transaction, from as many doors.
"""

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
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
from django.db import connections
from django.db.models import F
from django.test import RequestFactory
from django.utils import timezone

from accounts.models import User
from events.models import Event, Tally
from events.services.events import create_event
from rsvp.attendee_files import attendee_file
from rsvp.check_in import Scan, check_in
from rsvp.models import Rsvp
from rsvp.tickets import code_of

DOORS = 8
TICKETS = 1_000
CROWD = 10_000


def main() -> None:
    call_command("migrate", verbosity=0)
    owner = User.objects.create(username="door", email="door@example.com", is_organizer=True)
    crowd = User.objects.bulk_create(
        User(username=f"guest{number}", email=f"guest{number}@example.com")
        for number in range(CROWD)
    )
    event, codes = _event(owner, crowd)
    bare = partial(Tally.objects.filter(pk=event.pk).update, interested=F("interested") + 1)
    scans = [
        partial(check_in, event_id=event.pk, scan=Scan(code), by=owner) for code in codes[:TICKETS]
    ]
    print(f"| at one event, {DOORS} doors | |\n|---|---|")
    print(f"| bare updates of the tally (floor) | {_rate([bare] * TICKETS):,.0f}/s |")
    print(f"| tickets checked in | {_rate(scans):,.0f}/s |")
    began = time.monotonic()
    size = len(
        attendee_file(
            RequestFactory().get("/", headers={"host": "localhost"}), event, status="going"
        ).getvalue()
    )
    print(f"| {CROWD:,} attendees as CSV, {size / 1e6:.1f} MB | {_ms(began):,.0f} ms |")


def _event(owner: User, crowd: Sequence[User]) -> tuple[Event, list[str]]:
    """Create an event whose crowd has seats and whose check-in is open."""
    start = timezone.now() + timedelta(hours=1)
    details = {
        "title": "Ten thousand", "start_time": start, "end_time": start + timedelta(hours=2),
        "status": Event.Status.PUBLISHED,
    }  # fmt: skip
    event = create_event(organizer=owner, details=details)
    rsvps = Rsvp.objects.bulk_create(
        [Rsvp(event=event, user=person, status=Rsvp.Status.GOING) for person in crowd], 2000
    )
    Tally.objects.filter(pk=event.pk).update(going=len(crowd))
    return event, [code_of(rsvp) for rsvp in rsvps]


def _rate(actions: Sequence[Callable[[], Any]]) -> float:
    """Return how many ran per second."""
    with ThreadPoolExecutor(DOORS) as doors:
        list(doors.map(lambda _: connections["default"].ensure_connection(), range(DOORS)))
        began = time.monotonic()
        list(doors.map(lambda action: action(), actions))
        took = time.monotonic() - began
        list(doors.map(lambda _: connections.close_all(), range(DOORS)))
    return len(actions) / took


def _ms(began: float) -> float:
    return (time.monotonic() - began) * 1000


if __name__ == "__main__":
    main()
