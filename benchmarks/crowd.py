"""Measures cancelling an event with 10,000 RSVPs: the request, and the notifications.

    python -m benchmarks.crowd

On the PostgreSQL of the run. The floor of the request is the same for an event without RSVPs, and
that of the notifications is a bare bulk INSERT of as many rows.
"""

import os
import time
from datetime import timedelta
from statistics import median

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
from events.models import Tally
from events.services.events import cancel_event, create_event
from notifications.kinds import Channel
from notifications.models import Notification
from notifications.relay import claims, planning
from rsvp.messages.announcements import fan_out
from rsvp.models import Rsvp

CROWD = 10_000
ROUNDS = 20


def main() -> None:
    call_command("migrate", verbosity=0)
    owner = User.objects.create(username="bench", email="bench@example.com", is_organizer=True)
    crowd = User.objects.bulk_create(
        User(username=f"crowd{number}", email=f"crowd{number}@example.com")
        for number in range(CROWD)
    )
    print(f"| what, with {CROWD:,} people | ms |\n|---|---|")
    nobody = median(_cancelling(owner, []) for _ in range(ROUNDS))
    everyone = median(_cancelling(owner, crowd) for _ in range(ROUNDS))
    print(f"| cancel an event without RSVPs (floor) | {nobody:,.1f} |")
    print(f"| cancel an event with their RSVPs | {everyone:,.1f} |")
    Notification.objects.all().delete()
    began = time.monotonic()
    with transaction.atomic():
        _bare_rows()
        transaction.set_rollback(True)
    print(f"| insert as many rows, bare (floor) | {_ms(began):,.0f} |")
    _cancelling(owner, crowd)
    began = time.monotonic()
    written = 0
    while batch := fan_out():
        written += batch
    print(f"| notify all: {written:,} rows, 500 per transaction | {_ms(began):,.0f} |")
    began = time.monotonic()
    planned = planning.plan_all()
    print(f"| plan {planned:,} notifications | {_ms(began):,.0f} |")
    began = time.monotonic()
    claimed = len(claims.claim_next(Channel.EMAIL))
    print(f"| claim {claimed:,} deliveries, the largest batch | {_ms(began):,.0f} |")


def _cancelling(owner: User, crowd: list[User]) -> float:
    """Return the milliseconds of cancelling one event, after deleting earlier announcements."""
    start = timezone.now() + timedelta(days=7)
    details = {"title": "Bench", "location": "Here", "start_time": start}
    event = create_event(
        organizer=owner, details=details | {"end_time": start + timedelta(hours=2)}
    )
    Rsvp.objects.bulk_create(
        [Rsvp(event=event, user=person, status=Rsvp.Status.GOING) for person in crowd],
        batch_size=5000,
    )
    Tally.objects.filter(event=event).update(going=len(crowd))
    event.announcements.model.objects.all().delete()
    began = time.monotonic()
    cancel_event(event_id=event.pk)
    return _ms(began)


def _bare_rows() -> None:
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO notifications_notification (user_id, kind, event_id, occasion, context,"
            " useful_until, request_id, created_at)"
            " SELECT id, 'event_cancelled', 1, 'bench', '{}', %s, '', %s FROM accounts_user"
            " WHERE username LIKE 'crowd%%'",
            [now, now],
        )


def _ms(began: float) -> float:
    return (time.monotonic() - began) * 1000


if __name__ == "__main__":
    main()
