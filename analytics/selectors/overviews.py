"""The numbers of many events in total."""

from django.utils import timezone

from analytics.periods import Period
from analytics.selectors import figures
from analytics.selectors.best import best_categories, best_hours, fill_by_event
from analytics.selectors.days import answers_per_day
from analytics.selectors.figures import Figures, rate
from analytics.selectors.revenue import revenue_of_events
from events.models import EventQuerySet
from payments.selectors import totals_by_event


def overview(events: EventQuerySet, period: Period) -> Figures:
    """Return the numbers of the events that start in the period, mostly people.

    Cancelled events count in the totals, and in no rate. `answers_per_day` and the revenue by day
    cover all events: they count what was DONE in the period. About fifteen queries, for any number
    of events.
    """
    now = timezone.now()
    chosen = period.starting(events)
    held = figures.not_cancelled(chosen)
    numbers, sums, seated = figures.common(chosen, held, now)
    people, returning = seated["people"], seated["returning"]
    numbers["totals"]["seats"] = sums["seats"]
    fill = fill_by_event(held, now)
    revenue = revenue_of_events(chosen, events, period)
    totals = totals_by_event(row["event"]["id"] for row in fill) if revenue["totals"] else {}
    return numbers | {
        "date_from": period.first,
        "date_to": period.last,
        "timezone": period.zone.key,
        "events": sums["events"],
        "returning": {
            "people": people, "returning": returning, "rate": rate(returning, people),
        },
        "answers_per_day": answers_per_day(events, period),
        "revenue": revenue,
        "fill_by_event": [row | {"revenue": totals.get(row["event"]["id"], {})} for row in fill],
        "best_hours": best_hours(held),
        "best_categories": best_categories(held),
    }  # fmt: skip
