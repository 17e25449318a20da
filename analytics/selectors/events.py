"""The numbers of one event."""

from django.db.models import Exists, OuterRef
from django.utils import timezone

from analytics.periods import Period
from analytics.selectors import figures
from analytics.selectors.days import answers_per_day, arrivals
from analytics.selectors.figures import Figures, Status, rate
from events.models import Event, EventQuerySet
from rsvp.models import Rsvp


def of_event(event: Event, period: Period) -> Figures:
    """Return the numbers of one event; a cancelled one has no rates and no no-shows.

    The period only chooses the days of `answers_per_day`.
    """
    now = timezone.now()
    alone = Event.objects.filter(pk=event.pk)
    sums = figures.sums_of(alone, now)
    others = figures.waiting_and_cancelled(alone)
    seated = figures.seated_people(alone)
    holding = seated["parties"] + others["waiting_parties"]
    limit = sums["seats"] or None
    totals = ("going", "interested", "waitlisted", "arrived")
    return {
        "event": {
            name: getattr(event, name)
            for name in ("id", "title", "start_time", "end_time", "days", "timezone", "status")
        },
        "timezone": period.zone.key,
        "totals": {
            **{name: sums[name] for name in totals},
            "cancelled": others["cancelled"],
            "no_shows": figures.no_shows(sums),
            "spots_left": None if limit is None else limit - sums["going"],
            "max_attendees": limit,
        },
        "fill_rate": rate(sums["seated"], sums["seats_held"]),
        "show_up_rate": rate(sums["checked_arrived"], sums["checked_going"]),
        **_rsvp_rates(event, alone, holding=holding, people=seated["people"]),
        "ratings": figures.ratings(alone, stars=sums["stars"], count=sums["reviews"]),
        "answers_per_day": answers_per_day(alone, period),
        "arrivals": arrivals(event),
    }


def _rsvp_rates(event: Event, alone: EventQuerySet, *, holding: int, people: int) -> Figures:
    waitlist, returning = figures.waitlist(alone), _returning(event, people=people)
    if event.is_cancelled:
        return {
            "cancellation_rate": None,
            "waitlist": waitlist | {"conversion": None},
            "returning": returning | {"rate": None},
        }
    return {
        "cancellation_rate": figures.cancellation_rate(alone, holding),
        "waitlist": waitlist,
        "returning": returning,
    }


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
