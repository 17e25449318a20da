"""RSVPs by day, and arrivals by quarter of an hour."""

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
    """Count the RSVP changes of each day by their new status, without changes of the party only."""
    days = period.days_until(timezone.now())
    counts = {day: {status.value: 0 for status in Status} for day in days}
    if days:
        since, until = period.limits(days)
        changes = RsvpChange.objects.filter(
            event__in=events.values("pk"), at__gte=since, at__lt=until
        ).exclude(from_status=F("to_status"))
        day = TruncDate("at", tzinfo=period.zone_for_databases)
        for date, status, number in (
            changes.order_by().values_list(day, "to_status").annotate(Count("pk"))
        ):
            counts[date][status] = number
    return [{"date": day} | counts[day] for day in days]


def arrivals(event: Event) -> list[Figures]:
    """Return the people checked in, minus undone check-ins, by quarter of an hour.

    Quarters without people and check-ins for former dates of the event are left out.
    """
    check_ins = CheckIn.objects.current().filter(event=event).order_by()
    minutes = check_ins.values_list(TruncMinute("at", tzinfo=UTC)).annotate(Sum("people"))
    quarters: dict[object, int] = defaultdict(int)
    for minute, people in minutes.order_by(TruncMinute("at", tzinfo=UTC)):
        quarter = minute.replace(minute=minute.minute // _QUARTER_MIN * _QUARTER_MIN)
        quarters[quarter] += people
    return [{"at": at, "people": people} for at, people in quarters.items() if people]
