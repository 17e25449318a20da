"""RSVPs by day, and arrivals by quarter of an hour."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain

from django.db.models import Count, F, Sum
from django.db.models.functions import TruncDate, TruncMinute
from django.utils import timezone

from analytics.periods import Period
from analytics.selectors.figures import Figures, Status
from events.models import Event, EventQuerySet
from rsvp.models import CheckIn, RsvpChange
from rsvp.models.check_ins import CheckInQuerySet

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
    """Return the people checked in by quarter of an hour, without those whose check-in was undone.

    An undo takes back the latest check-ins of its party, when they were made. Quarters without
    people and check-ins for former dates of the event are left out.
    """
    check_ins = CheckIn.objects.current().filter(event=event).order_by()
    undone = check_ins.filter(people__lt=0).values("rsvp")
    minutes = check_ins.exclude(rsvp__in=undone).values_list(TruncMinute("at", tzinfo=UTC))
    quarters: dict[datetime, int] = defaultdict(int)
    for at, people in (
        *minutes.annotate(Sum("people")),
        *_not_undone(check_ins.filter(rsvp__in=undone)),
    ):
        start = at.minute // _QUARTER_MIN * _QUARTER_MIN
        quarters[at.replace(minute=start, second=0, microsecond=0)] += people
    return [{"at": at, "people": people} for at, people in sorted(quarters.items())]


def _not_undone(check_ins: CheckInQuerySet) -> Iterator[tuple[datetime, int]]:
    """Return the times and people of check-ins that are left after the undos among them."""
    left: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
    for rsvp_id, at, people in check_ins.order_by("pk").values_list("rsvp", "at", "people"):
        latest = left[rsvp_id]
        while people < 0 and latest:
            at, arrived = latest.pop()
            people += arrived
        if people > 0:
            latest.append((at, people))
    return chain.from_iterable(left.values())
