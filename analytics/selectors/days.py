"""When people answered, and when they came."""

from collections import defaultdict
from datetime import UTC

from django.db.models import Count, F, Sum
from django.db.models.functions import TruncDate, TruncMinute
from django.utils import timezone

from analytics.periods import Period
from analytics.selectors.figures import Figures, Status
from events.models import Event, EventQuerySet
from rsvp.models import CheckIn, RsvpChange

_QUARTER_MIN = 15


def answers_per_day(events: EventQuerySet, period: Period) -> list[Figures]:
    """Answers made on each day, by their new status; who only changes the party is not counted."""
    days = period.days_of_answers(timezone.now())
    counts = {day: {status.value: 0 for status in Status} for day in days}
    if days:
        since, until = period.limits(days)
        made = RsvpChange.objects.filter(event__in=events.values("pk"), at__gte=since, at__lt=until)
        new = made.exclude(from_status=F("to_status")).order_by()
        day = TruncDate("at", tzinfo=period.zone_for_databases)
        for date, status, number in new.values_list(day, "to_status").annotate(Count("pk")):
            counts[date][status] = number
    return [
        {
            "date": day,
            "going": counts[day][Status.GOING],
            "interested": counts[day][Status.INTERESTED],
            "waitlisted": counts[day][Status.WAITLISTED],
            "cancelled": counts[day][Status.CANCELLED],
        }
        for day in days
    ]


def arrivals(event: Event) -> list[Figures]:
    """Return the people checked in, less those undone, by quarters of an hour with any.

    Without the check-ins for a date from which the event was moved.
    """
    scans = CheckIn.objects.current().filter(event=event).order_by()
    minutes = scans.values_list(TruncMinute("at", tzinfo=UTC)).annotate(Sum("people"))
    quarters: dict[object, int] = defaultdict(int)
    for minute, people in minutes.order_by(TruncMinute("at", tzinfo=UTC)):
        quarter = minute.replace(minute=minute.minute // _QUARTER_MIN * _QUARTER_MIN)
        quarters[quarter] += people
    return [{"at": at, "people": people} for at, people in quarters.items() if people]
