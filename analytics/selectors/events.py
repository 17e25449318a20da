"""The numbers of one event."""

from typing import Any

from django.db.models import Exists, F, OuterRef, Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from analytics.periods import Period
from analytics.selectors import figures
from analytics.selectors.days import answers_per_day, arrivals
from analytics.selectors.figures import Figures, Status, rate
from analytics.selectors.revenue import NO_REVENUE, revenue_of_event
from events.models import Event
from rsvp.models import Rsvp


def of_event(event: Event, period: Period) -> Figures:
    """Return the numbers of one event; a cancelled one has no rates and no no-shows.

    The period only chooses the days of `answers_per_day` and of the revenue by day.
    """
    alone = Event.objects.filter(pk=event.pk)
    numbers, sums, seated = figures.common(alone, alone, timezone.now())
    returning = _returning(event, people=seated["people"])
    limit = sums["seats"] or None
    types = _ticket_types(event) if sums["with_ticket_types"] else []
    numbers["totals"] |= {
        "spots_left": None if limit is None else limit - sums["going"] - sums["pending_payment"],
        "max_attendees": limit,
    }
    if event.is_cancelled:
        numbers["cancellation_rate"] = returning["rate"] = None
        numbers["waitlist"]["conversion"] = None
    return numbers | {
        "event": figures.fields_of(
            event, "id", "title", "start_time", "end_time", "days", "timezone", "status"
        ),
        "timezone": period.zone.key,
        "returning": returning,
        "answers_per_day": answers_per_day(alone, period),
        "arrivals": arrivals(event),
        "ticket_types": types,
        # Types with payments can't be deleted.
        "revenue": revenue_of_event(event, types, period) if types else NO_REVENUE,
    }


def _ticket_types(event: Event) -> list[Figures]:
    """Return the tickets that are sold, held and waited for, by type, as they are shown."""
    types: Any = event.ticket_types.order_by("position", "id").values(
        "id",
        "name",
        quantity=F("tally__quantity"),
        going=_sold(Status.GOING),
        held=_sold(Status.PENDING_PAYMENT),
        waiting=_sold(Status.WAITLISTED),
    )
    return list(types)


def _sold(status: str) -> Coalesce:
    return Coalesce(Sum("sold__quantity", filter=Q(sold__rsvp__status=status)), 0)


def _returning(event: Event, *, people: int) -> Figures:
    """Count the people with a seat who had one at an earlier event of the organizer."""
    earlier = Rsvp.objects.filter(
        user=OuterRef("user"),
        status=Status.GOING,
        event__created_by=event.created_by_id,
        event__start_time__lt=event.start_time,
        event__deleted_at=None,
    )
    seated = Rsvp.objects.filter(event=event, status=Status.GOING)
    number = seated.filter(Exists(earlier)).count() if event.created_by_id else 0
    return {"people": people, "returning": number, "rate": rate(number, people)}
