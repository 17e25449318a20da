"""Money of payments after refunds: in total, by ticket type and by day. Currencies never add up."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Sum, Value
from django.db.models.functions import TruncDate
from django.utils import timezone

from analytics.periods import Period
from analytics.selectors.figures import Figures
from events.models import Event, EventQuerySet
from payments.models import Payment, Refund
from payments.selectors import amounts, totals_by_ticket_type, totals_of

NO_REVENUE: Figures = {"totals": {}, "by_ticket_type": [], "per_day": []}


def revenue_of_event(event: Event, types: Sequence[Figures], period: Period) -> Figures:
    """Return the revenue of an event; the period only chooses the days of `per_day`.

    `types` are its ticket types, with `id` and `name`. One query without payments.
    """
    totals = totals_of(Payment.objects.filter(event=event))
    if not totals:
        return NO_REVENUE
    return {
        "totals": totals,
        "by_ticket_type": _by_ticket_type(event, types),
        "per_day": _per_day(Event.objects.filter(pk=event.pk), period),
    }


def revenue_of_events(chosen: EventQuerySet, events: EventQuerySet, period: Period) -> Figures:
    """Return the totals of the `chosen` events, and what all `events` had in the period by day."""
    return {
        "totals": totals_of(Payment.objects.filter(event__in=chosen.values("pk"))),
        "per_day": _per_day(events, period),
    }


def _by_ticket_type(event: Event, types: Sequence[Figures]) -> list[Figures]:
    """Return the types that were paid for, in their order, once for each currency."""
    totals = totals_by_ticket_type(event)
    return [
        {"id": row["id"], "name": row["name"], "currency": currency, "tickets": tickets, **money}
        for row in types
        for (type_id, currency), (tickets, money) in sorted(totals.items())
        if type_id == row["id"]
    ]


def _per_day(events: EventQuerySet, period: Period) -> list[Figures]:
    """Return the money of each day, by currency: payments when they came, refunds when they went.

    Every day has the same currencies. Without money in these days, there are none.
    """
    days = period.days_until(timezone.now())
    if not days:
        return []
    sums: dict[tuple[date, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for day, currency, *numbers in _paid(events, period, days).union(
        _refunded(events, period, days), all=True
    ):
        former = sums[day, currency]
        sums[day, currency] = [a + (b or 0) for a, b in zip(former, numbers, strict=True)]
    currencies = sorted({currency for _, currency in sums})
    return [
        {"date": day, "totals": {code: amounts(code, *sums[day, code]) for code in currencies}}
        for day in (days if currencies else [])
    ]


def _paid(events: EventQuerySet, period: Period, days: list[date]) -> Any:
    since, until = period.limits(days)
    payments = Payment.objects.received().filter(
        event__in=events.values("pk"), paid_at__gte=since, paid_at__lt=until
    )
    day = TruncDate("paid_at", tzinfo=period.zone_for_databases)
    grouped = payments.order_by().values_list(day, "received_currency")
    return grouped.annotate(Sum("received_amount"), refunded=Value(0), fees=Sum("fee"))


def _refunded(events: EventQuerySet, period: Period, days: list[date]) -> Any:
    since, until = period.limits(days)
    refunds = Refund.objects.filter(
        status=Refund.Status.DONE,
        payment__event__in=events.values("pk"),
        finished_at__gte=since,
        finished_at__lt=until,
    )
    day = TruncDate("finished_at", tzinfo=period.zone_for_databases)
    grouped = refunds.order_by().values_list(day, "payment__received_currency")
    return grouped.annotate(paid=Value(0), refunded=Sum("amount"), fees=Value(0))
