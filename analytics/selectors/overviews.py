"""The numbers of many events in total."""

from django.utils import timezone

from analytics.periods import Period
from analytics.selectors import figures
from analytics.selectors.best import best_categories, best_hours, fill_by_event
from analytics.selectors.days import answers_per_day
from analytics.selectors.figures import Figures, rate
from events.models import EventQuerySet


def overview(events: EventQuerySet, period: Period) -> Figures:
    """Return the numbers of the events that start in the period, mostly people.

    Cancelled events count in the totals, and in no rate. `answers_per_day` covers all events: it
    counts the RSVP changes that were MADE in the period. A dozen queries, for any number of events.
    """
    now = timezone.now()
    chosen = period.starting(events)
    held = figures.not_cancelled(chosen)
    sums = figures.sums_of(chosen, now)
    others = figures.waiting_and_cancelled(chosen)
    seated = figures.seated_people(held)
    holding = seated["parties"] + others["waiting_parties"]
    totals = ("going", "interested", "waitlisted", "arrived", "seats")
    return {
        "date_from": period.first,
        "date_to": period.last,
        "timezone": period.zone.key,
        "events": sums["events"],
        "totals": {
            **{name: sums[name] for name in totals},
            "cancelled": others["cancelled"],
            "no_shows": figures.no_shows(sums),
        },
        "fill_rate": rate(sums["seated"], sums["seats_held"]),
        "show_up_rate": rate(sums["checked_arrived"], sums["checked_going"]),
        "cancellation_rate": figures.cancellation_rate(held, holding),
        "waitlist": figures.waitlist(held),
        "returning": {
            "people": seated["people"],
            "returning": seated["returning"],
            "rate": rate(seated["returning"], seated["people"]),
        },
        "ratings": figures.ratings(chosen, stars=sums["stars"], count=sums["reviews"]),
        "answers_per_day": answers_per_day(events, period),
        "fill_by_event": fill_by_event(held, now),
        "best_hours": best_hours(held),
        "best_categories": best_categories(held),
    }
