"""The most popular events: the same for everyone, so they are ranked once a minute."""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Case, Exists, F, FloatField, Func, OuterRef, Sum, Value, When
from django.utils import timezone

from analytics.selectors.figures import Figures, Status, fields_of
from events.models import Event, EventQuerySet
from rsvp.models import RsvpChange

MOST = 100
COUNTED_DAYS = 28
HALF_LIFE_DAYS = 7
FRESH_S = 60
_KEPT_S = 600
_RANKING_S = 10
KEY = "analytics:popular"
_CATEGORY = ("id", "name", "slug")
Ranking = list[tuple[int, float]]


class _DaysSince(Func):
    """The time since an instant, in days with fractions."""

    output_field = FloatField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        # Not EXTRACT: with its exact decimals, POWER takes three times as long.
        template = "(DATE_PART('epoch', %(expressions)s) / 86400)"
        return self.as_sql(compiler, connection, template=template, arg_joiner=" - ", **context)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        now, at = map(compiler.compile, self.get_source_expressions())
        return f"(julianday({now[0]}) - julianday({at[0]}))", [*now[1], *at[1]]


def popular_events() -> EventQuerySet:
    """Return at most 100 listed future events, most popular first, each with its `score`.

    The score counts the people with an RSVP of `going` within 28 days, each half as much for every
    seven days since then. The ranking may be a minute old; the events are current.
    """
    ranking = _ranking()
    scores = (When(pk=pk, then=Value(score)) for pk, score in ranking)
    events = Event.objects.listed().to_come(timezone.now())
    if not ranking:
        return events.none()
    return (
        events.filter(pk__in=[pk for pk, _ in ranking])
        .select_related("category", "tally", "rating")
        .annotate(score=Case(*scores, output_field=FloatField()))
        .order_by("-score", "start_time", "pk")
    )


def popular(at_most: int = MOST) -> list[Figures]:
    """Return the first popular events as plain data."""
    return [row_of(event) for event in popular_events()[:at_most]]


def row_of(event: Any) -> Figures:
    """Return one of `popular_events` as plain data."""
    category = event.category
    return {
        "event": fields_of(event, "id", "title", "start_time", "days", "timezone", "location")
        | {"category": category and {name: getattr(category, name) for name in _CATEGORY}},
        "score": round(event.score, 2),
        "going_count": event.tally.going,
        "average_rating": event.rating.average,
    }


def _ranking() -> Ranking:
    """Return the cached ranking; one request renews it every minute, others use the old one."""
    cached = cache.get(KEY)
    is_fresh = cached is not None and time.time() - cached[0] < FRESH_S
    if is_fresh or (cached is not None and not cache.add(f"{KEY}:flight", 1, _RANKING_S)):
        return list(cached[1])
    ranking = list(_ranked(timezone.now()))
    cache.set(KEY, (time.time(), ranking), _KEPT_S)
    return ranking


def _ranked(now: datetime) -> Iterable[tuple[int, float]]:
    later = RsvpChange.objects.filter(rsvp=OuterRef("rsvp"), pk__gt=OuterRef("pk"))
    latest = RsvpChange.objects.filter(
        ~Exists(later),
        event__in=Event.objects.listed().to_come(now).values("pk"),
        to_status=Status.GOING,
        at__gt=now - timedelta(days=COUNTED_DAYS),
    )
    weight = Func(
        Value(0.5),
        _DaysSince(Value(now), F("at")) / HALF_LIFE_DAYS,
        function="POWER",
        output_field=FloatField(),
    )
    scored = latest.order_by().values("event").annotate(score=Sum((F("guests") + 1) * weight))
    return scored.order_by("-score", "event__start_time", "event").values_list("event", "score")[
        :MOST
    ]
