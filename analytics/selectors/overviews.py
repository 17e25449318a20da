"""The numbers of many events together."""

from django.utils import timezone

from analytics.periods import Period
from analytics.selectors import figures
from analytics.selectors.best import best_categories, best_hours, fill_by_event
from analytics.selectors.days import answers_per_day
from analytics.selectors.figures import Figures, rate
from events.models import EventQuerySet


def overview(events: EventQuerySet, period: Period) -> Figures:
    """What became of those events that start in the period, in people where nothing else is said.

    `answers_per_day` is of all the events: the answers that were MADE in those days. A dozen
    queries, however many events there are.
    """
    now = timezone.now()
    chosen = period.starting(events)
    counted = figures.counted(chosen, now)
    others = figures.waiting_and_cancelled(chosen)
    seated = figures.seated_people(chosen)
    holding = seated["parties"] + others["waiting_parties"]
    totals = ("going", "interested", "waitlisted", "arrived", "seats")
    return {
        "date_from": period.first,
        "date_to": period.last,
        "timezone": period.zone.key,
        "events": counted["events"],
        "totals": {
            **{name: counted[name] for name in totals},
            "cancelled": others["cancelled"],
            "no_shows": counted["checked_going"] - counted["checked_arrived"],
        },
        "fill_rate": rate(counted["seated"], counted["seats"]),
        "show_up_rate": rate(counted["checked_arrived"], counted["checked_going"]),
        "cancellation_rate": figures.cancellation_rate(chosen, holding),
        "waitlist": figures.waitlist(chosen),
        "returning": {
            "people": seated["people"],
            "returning": seated["returning"],
            "rate": rate(seated["returning"], seated["people"]),
        },
        "ratings": figures.ratings(chosen, stars=counted["stars"], count=counted["reviews"]),
        "answers_per_day": answers_per_day(events, period),
        "fill_by_event": fill_by_event(chosen, now),
        "best_hours": best_hours(chosen),
        "best_categories": best_categories(chosen),
    }
