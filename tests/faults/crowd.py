"""Add users with an RSVP each to an event: `python -m tests.faults.crowd EVENT_ID NUMBER`.

Uses the models, because 10,000 registrations over HTTP take an hour.
"""

import sys

import django
from django.utils import timezone

django.setup()

from allauth.account.models import EmailAddress  # noqa: E402
from django.db import transaction  # noqa: E402

from accounts.models import User  # noqa: E402
from events.models import Tally  # noqa: E402
from rsvp.models import Rsvp, RsvpChange  # noqa: E402

BATCH = 500


@transaction.atomic
def add_crowd(event_id: int, number: int) -> None:
    names = [f"crowd{position}of{event_id}" for position in range(number)]
    people = User.objects.bulk_create(
        [User(username=name, email=f"{name}@example.com", password="!") for name in names],
        batch_size=BATCH,
    )
    EmailAddress.objects.bulk_create(
        [EmailAddress(user=p, email=p.email, verified=True, primary=True) for p in people],
        batch_size=BATCH,
    )
    going = Rsvp.Status.GOING
    rsvps = Rsvp.objects.bulk_create(
        [Rsvp(event_id=event_id, user=person, status=going) for person in people],
        batch_size=BATCH,
    )
    now = timezone.now()
    RsvpChange.objects.bulk_create(
        [RsvpChange(rsvp=r, event_id=event_id, to_status=going, guests=0, at=now) for r in rsvps],
        batch_size=BATCH,
    )
    Tally.objects.filter(pk=event_id).update(going=number)


if __name__ == "__main__":
    add_crowd(int(sys.argv[1]), int(sys.argv[2]))
