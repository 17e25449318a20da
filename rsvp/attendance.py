"""The condition under which people without a check-in are no-shows.

Attendance counts as used once half of the seats were scanned, or when the organizer closed
check-in (docs/adr/0021). Before that there are no no-shows, and everyone with a seat may review.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from events.models import Event
from rsvp.models import Rsvp


def check_in_was_used(tally: str = "tally__") -> Q:
    """Return the condition that attendance of an event counts as used.

    `tally` is the path from the query's rows to the tally; their `pk` must be the event's ID.
    Unconfirmed walk-ins count as seats that were not scanned. Otherwise organizers could record
    some, and close reviews to everybody else.
    """
    closed = Q(**{f"{tally}check_in_closed_at__isnull": False})
    arrived, going = F(f"{tally}arrived") * 2, f"{tally}going__lte"
    # The first two conditions are cheap, and most events fail them.
    by_tally = Q(**{f"{tally}arrived__gt": 0, going: arrived})
    return closed | (by_tally & Q(**{going: arrived - _unconfirmed_people()}))


def no_shows_are_known(now: datetime) -> Q:
    """Return the condition, for events, that people without a check-in are no-shows.

    Check-in was used, and is over or closed. Cancelled events have no no-shows.
    """
    is_over = Q(end_time__lte=latest_end_after_check_in(now)) | Q(
        tally__check_in_closed_at__isnull=False
    )
    return ~Q(status=Event.Status.CANCELLED) & is_over & check_in_was_used()


def latest_end_after_check_in(now: datetime) -> datetime:
    """Return the latest end time of events whose check-in is over."""
    return now - timedelta(minutes=settings.CHECK_IN_CLOSES_MINUTES)


def _unconfirmed_people() -> Coalesce:
    walk_ins = Rsvp.objects.filter(
        event=OuterRef("pk"), is_confirmed=False, status=Rsvp.Status.GOING
    )
    people = walk_ins.order_by().values("event").annotate(people=Sum(F("guests") + 1))
    return Coalesce(Subquery(people.values("people")), 0)
