"""Numbers of a set of events, one query each, however many events and RSVPs there are.

Rates are 0 to 1, rounded to four places, or None without a divisor.
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
    """Return the average of stars, rounded to two places; None without reviews."""
    return round(stars / count, 2) if count else None


def fields_of(event: Event, *names: str) -> Figures:
    return {name: getattr(event, name) for name in names}


def not_cancelled(events: EventQuerySet) -> EventQuerySet:
    """Leave out cancelled events, which count in no rate."""
    return events.exclude(status=Event.Status.CANCELLED)


def common(
    events: EventQuerySet, held: EventQuerySet, now: datetime
) -> tuple[Figures, Figures, Figures]:
    """Return the numbers that one event and many have in common; the sums; the seated people.

    Rates are of the `held` events only.
    """
    sums, others, seated = sums_of(events, now), waiting_and_cancelled(events), seated_people(held)
    names = ("going", "pending_payment", "interested", "waitlisted", "arrived")
    totals = {name: sums[name] for name in names}
    numbers = {
        "totals": totals | {"cancelled": others["cancelled"], "no_shows": no_shows(sums)},
        "fill_rate": rate(sums["seated"], sums["seats_held"]),
        "show_up_rate": rate(sums["checked_arrived"], sums["checked_going"]),
        "cancellation_rate": cancellation_rate(
            held, holding=seated["parties"] + others["waiting_parties"]
        ),
        "waitlist": waitlist(held),
        "ratings": ratings(events, stars=sums["stars"], count=sums["reviews"]),
    }
    return numbers, sums, seated


def sums_of(events: EventQuerySet, now: datetime) -> Figures:
    """Return sums over the tallies and ratings.

    `seated` and `seats_held` are of events with a limit that are not cancelled, `checked_*` of
    events whose no-shows are known.
    """
    has_limit = Q(tally__max_attendees__isnull=False)
    is_held = ~Q(status=Event.Status.CANCELLED)
    was_checked = Q(is_checked=True)
    return events.annotate(is_checked=no_shows_are_known(now)).aggregate(
        events=Count("pk"),
        going=_sum("tally__going"),
        pending_payment=_sum("tally__held"),
        interested=_sum("tally__interested"),
        waitlisted=_sum("tally__waiting"),
        arrived=_sum("tally__arrived"),
        seats=_sum("tally__max_attendees"),
        seats_held=_sum("tally__max_attendees", is_held),
        seated=_sum("tally__going", has_limit & is_held),
        checked_events=Count("pk", filter=was_checked),
        checked_going=_sum("tally__going", was_checked),
        checked_arrived=_sum("tally__arrived", was_checked),
        with_ticket_types=Count("pk", filter=Q(tally__has_ticket_types=True)),
        stars=_sum("rating__sum"),
        reviews=_sum("rating__count"),
    )


def no_shows(sums: Figures) -> int | None:
    """Return the people who had a seat and did not come; None if they are known for no event."""
    if not sums["checked_events"]:
        return None
    missing: int = sums["checked_going"] - sums["checked_arrived"]
    return missing


def _sum(column: str, which: Q | None = None) -> Coalesce:
    return Coalesce(Sum(column, filter=which), 0)


def waiting_and_cancelled(events: EventQuerySet) -> Figures:
    """Return the waiting parties of events that take place, and the people who cancelled."""
    is_on = ~Q(event__status=Event.Status.CANCELLED)
    waits, cancelled = Q(status=Status.WAITLISTED), Q(status=Status.CANCELLED)
    statuses = [Status.WAITLISTED, Status.CANCELLED]
    rsvps = Rsvp.objects.filter(event__in=events.values("pk"), status__in=statuses).existing()
    return rsvps.aggregate(
        waiting_parties=Count("pk", filter=waits & is_on),
        cancelled=Coalesce(Sum(F("guests") + 1, filter=cancelled), 0),
    )


def seated_people(events: EventQuerySet) -> Figures:
    """Count the people with a seat at one of the events, at two or more, and their parties."""
    seated = Rsvp.objects.filter(event__in=events.values("pk"), status=Status.GOING)
    by_person = seated.order_by().values("user").annotate(seats_at=Count("pk"))
    return by_person.aggregate(
        people=Count("user"),
        returning=Count("user", filter=Q(seats_at__gte=2)),
        parties=Coalesce(Sum("seats_at"), 0),
    )


def cancellation_rate(events: EventQuerySet, holding: int) -> float | None:
    """Return the share of cancelled parties among those that ever had seats or a waitlist place.

    `holding` is the number of parties that have some now. The others are found in the history.
    """
    gave_up = RsvpChange.objects.filter(
        event=OuterRef("event"), rsvp=OuterRef("pk"), from_status__in=_HELD, to_status__in=_GAVE_UP
    )
    without = Rsvp.objects.filter(event__in=events.values("pk"), status__in=_GAVE_UP).existing()
    parties = without.filter(Exists(gave_up)).aggregate(
        all=Count("pk"), cancelled=Count("pk", filter=Q(status=Status.CANCELLED))
    )
    return rate(parties["cancelled"], holding + parties["all"])


def waitlist(events: EventQuerySet) -> Figures:
    """Count the parties that ever joined the waitlist, and those that were promoted from it."""
    joins, leaves = Q(to_status=Status.WAITLISTED), Q(from_status=Status.WAITLISTED)
    changes = RsvpChange.objects.filter(joins | leaves, event__in=events.values("pk"))
    is_seated = leaves & Q(to_status=Status.GOING)
    parties = changes.aggregate(
        joined=Count("rsvp", distinct=True, filter=joins),
        promoted=Count("rsvp", distinct=True, filter=is_seated),
    )
    return {**parties, "conversion": rate(parties["promoted"], parties["joined"])}


def ratings(events: EventQuerySet, *, stars: int, count: int) -> Figures:
    """Return the average and number of ratings, and the number of reviews by stars."""
    shown = Review.objects.shown().filter(event__in=events.values("pk"))
    by_stars = dict(shown.order_by().values_list("rating").annotate(Count("pk")))
    return {
        "average": average(stars, count),
        "count": count,
        "stars": {str(number): by_stars.get(number, 0) for number in STARS},
    }
