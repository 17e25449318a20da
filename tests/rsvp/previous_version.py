"""Writes as the previous version of the code does them, which may still run during an upgrade."""

from django.db import transaction

from accounts.models import User
from events.services.tallies import lock_tally
from rsvp.models import Rsvp
from rsvp.services.seats import COUNTS, apply_change


def join_waitlist(*, event_id: int, attendee: User) -> None:
    """Join the waitlist of a full event, without a count of its parties."""
    with transaction.atomic():
        tally = lock_tally(event_id)
        rsvp = Rsvp(event_id=event_id, user=attendee)
        apply_change(tally, rsvp, Rsvp.Status.WAITLISTED, 0)
        rsvp.save()
        tally.save(update_fields=[name for name in COUNTS if name != "waitlist_length"])
