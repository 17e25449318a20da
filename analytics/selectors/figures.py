"""The numbers of any set of events, each in one query, however many events and answers there are.

Rates are 0 to 1, to four places; None where there is nothing to divide by.
"""

from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, Sum
from django.db.models.functions import Coalesce

from events.models import Event, EventQuerySet
from reviews.models import STARS, Review
from rsvp.attendance import no_shows_are_known
from rsvp.models import Rsvp, RsvpChange

Status = Rsvp.Status
Figures = dict[str, Any]

_HELD = [Status.GOING, Status.WAITLISTED]
_GAVE_UP = [Status.INTERESTED, Status.CANCELLED]


def rate(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def average(stars: int, count: int) -> float | None:
    """Stars, to two places; None where nobody has rated."""
    return round(stars / count, 2) if count else None


def held(events: EventQuerySet) -> EventQuerySet:
    """Leave out cancelled events, which are in no rate."""
    return events.exclude(status=Event.Status.CANCELLED)


def counted(events: EventQuerySet, now: datetime) -> Figures:
    """Return sums over the tallies and ratings.

    `seated` of `seats_held`: of events with a limit that are not cancelled. `checked_*`: of events
    whose no-shows are known.
    """
    has_limit = Q(tally__max_attendees__isnull=False)
    is_held = ~Q(status=Event.Status.CANCELLED)
    was_checked = Q(is_checked=True)
    return events.annotate(is_checked=no_shows_are_known(now)).aggregate(
        events=Count("pk"),
        going=_sum("tally__going"),
        interested=_sum("tally__interested"),
        waitlisted=_sum("tally__waiting"),
        arrived=_sum("tally__arrived"),
        seats=_sum("tally__max_attendees"),
        seats_held=_sum("tally__max_attendees", is_held),
        seated=_sum("tally__going", has_limit & is_held),
        checked_events=Count("pk", filter=was_checked),
        checked_going=_sum("tally__going", was_checked),
        checked_arrived=_sum("tally__arrived", was_checked),
        stars=_sum("rating__sum"),
        reviews=_sum("rating__count"),
    )


def no_shows(counted: Figures) -> int | None:
    """Return the people who had a seat and did not come; None where no event knows them."""
    if not counted["checked_events"]:
        return None
    missing: int = counted["checked_going"] - counted["checked_arrived"]
    return missing


def _sum(column: str, which: Q | None = None) -> Coalesce:
    return Coalesce(Sum(column, filter=which), 0)


def waiting_and_cancelled(events: EventQuerySet) -> Figures:
    """Return the parties that wait now at events that are on, and the people who have cancelled."""
    is_on = ~Q(event__status=Event.Status.CANCELLED)
    waits, cancelled = Q(status=Status.WAITLISTED), Q(status=Status.CANCELLED)
    statuses = [Status.WAITLISTED, Status.CANCELLED]
    answers = Rsvp.objects.filter(event__in=events.values("pk"), status__in=statuses).existing()
    return answers.aggregate(
        waiting_parties=Count("pk", filter=waits & is_on),
        cancelled=Coalesce(Sum(F("guests") + 1, filter=cancelled), 0),
    )


def seated_people(events: EventQuerySet) -> Figures:
    """Who has a seat at one of the events, at two or more, and how many parties that makes."""
    seated = Rsvp.objects.filter(event__in=events.values("pk"), status=Status.GOING)
    by_person = seated.order_by().values("user").annotate(seats_at=Count("pk"))
    return by_person.aggregate(
        people=Count("user"),
        returning=Count("user", filter=Q(seats_at__gte=2)),
        parties=Coalesce(Sum("seats_at"), 0),
    )


def cancellation_rate(events: EventQuerySet, holding: int) -> float | None:
    """Of the parties that ever had a seat or a place in line, those that have cancelled.

    `holding`: how many have one now. Of the others the history tells who gave one up.
    """
    gave_up = RsvpChange.objects.filter(
        event=OuterRef("event"),
        rsvp=OuterRef("pk"),
        from_status__in=_HELD,
        to_status__in=_GAVE_UP,
    )
    without = Rsvp.objects.filter(event__in=events.values("pk"), status__in=_GAVE_UP).existing()
    parties = without.filter(Exists(gave_up)).aggregate(
        all=Count("pk"), cancelled=Count("pk", filter=Q(status=Status.CANCELLED))
    )
    return rate(parties["cancelled"], holding + parties["all"])


def waitlist(events: EventQuerySet) -> Figures:
    """Parties that ever joined the line, and those of them that were seated from it."""
    joins, leaves = Q(to_status=Status.WAITLISTED), Q(from_status=Status.WAITLISTED)
    of_the_line = RsvpChange.objects.filter(joins | leaves, event__in=events.values("pk"))
    is_seated = leaves & Q(to_status=Status.GOING)
    parties = of_the_line.aggregate(
        joined=Count("rsvp", distinct=True, filter=joins),
        promoted=Count("rsvp", distinct=True, filter=is_seated),
    )
    return {**parties, "conversion": rate(parties["promoted"], parties["joined"])}


def ratings(events: EventQuerySet, *, stars: int, count: int) -> Figures:
    """Their average and number as they were counted, and how many reviews gave 1 to 5 stars."""
    shown = Review.objects.shown().filter(event__in=events.values("pk"))
    given = dict(shown.order_by().values_list("rating").annotate(Count("pk")))
    return {
        "average": average(stars, count),
        "count": count,
        "stars": {str(number): given.get(number, 0) for number in STARS},
    }
