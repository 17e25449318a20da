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
    numbers, sums, seated = figures.common(chosen, held, now)
    people, returning = seated["people"], seated["returning"]
    numbers["totals"]["seats"] = sums["seats"]
    return numbers | {
        "date_from": period.first,
        "date_to": period.last,
        "timezone": period.zone.key,
        "events": sums["events"],
        "returning": {
            "people": people, "returning": returning, "rate": rate(returning, people),
        },
        "answers_per_day": answers_per_day(events, period),
        "fill_by_event": fill_by_event(held, now),
        "best_hours": best_hours(held),
        "best_categories": best_categories(held),
    }  # fmt: skip
