"""Events by their distance from a point, on a sphere.

The radius is the Earth's mean one (IUGG), so that distances are right to about
half a percent: the Earth is no sphere.
"""

import math
import re
from typing import Any, NamedTuple, Self

from django.core.exceptions import ValidationError
from django.db.models import BooleanField, F, FloatField, Func, Q, Value
from django.db.models.expressions import OrderBy
from django.db.models.lookups import LessThanOrEqual

from config.fields import fine_degrees
from events.models import EventQuerySet

EARTH_KM = 6371.0088
MOST_KM = 20_000  # beyond half of the circumference there is nothing
_NUMBER = r"\s*([+-]?[0-9]{1,3}(?:\.[0-9]{1,20})?)\s*"
# A touch wider than the circle, so that rounding cuts nobody off.
_SLACK_DEGREES = 1e-6


class Point(NamedTuple):
    """Degrees north and east."""

    latitude: float
    longitude: float

    @classmethod
    def read(cls, text: str) -> Self:
        """From `lat,lon`. Raises ValidationError for anything that is no place on Earth."""
        numbers = re.fullmatch(f"{_NUMBER},{_NUMBER}", text, re.ASCII)
        if numbers is None:
            raise ValidationError("Write it as lat,lon such as 52.52,13.405.", code="invalid")
        point = cls(*(fine_degrees(float(each)) for each in numbers.groups()))
        if abs(point.latitude) > 90 or abs(point.longitude) > 180:
            raise ValidationError(
                "Latitudes go from -90 to 90, longitudes from -180 to 180.", code="out_of_range"
            )
        return point


def kilometres(
    latitude: float | None, longitude: float | None, to_latitude: float, to_longitude: float
) -> float | None:
    """The distance by the haversine formula; None from nowhere."""
    if latitude is None or longitude is None:
        return None
    north, other = math.radians(latitude), math.radians(to_latitude)
    east = math.radians(to_longitude - longitude)
    half = (
        math.sin((other - north) / 2) ** 2
        + math.cos(north) * math.cos(other) * math.sin(east / 2) ** 2
    )
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


def within(events: EventQuerySet, point: Point, km: float) -> EventQuerySet:
    """Those at most so far away: first by a box, which plain indexes and statistics know."""
    return events.filter(_box(point, km), LessThanOrEqual(_Kilometres(point), km))


def reachable(events: EventQuerySet, point: Point, km: float) -> EventQuerySet:
    """Those within so far, as the index that gives the nearest first can tell: without it, a
    walk that finds too few would go on to the other end of the Earth."""
    return within(events, point, km).filter(_InReach(point, km))


def nearest_first(events: EventQuerySet, point: Point, *then: str) -> EventQuerySet:
    """By distance, those without a place last. With `then` no index can help."""
    return events.order_by(OrderBy(_Chord(point), nulls_last=True), *then)


def distance_of(events: EventQuerySet, point: Point, place: int) -> float | None:
    """The kilometres to the event at this place (from 0 on) of those that come nearest first."""
    ordered = nearest_first(events, point).values_list(_Kilometres(point), flat=True)
    return next(iter(ordered[place : place + 1]), None)


def _box(point: Point, km: float) -> Q:
    """All that is at most so far away, and little more. Near a pole that is a cap, and across
    the antimeridian there are two parts."""
    angle = km / EARTH_KM
    reach = math.degrees(angle) + _SLACK_DEGREES
    south, north = point.latitude - reach, point.latitude + reach
    if south <= -90 or north >= 90:
        edges: dict[str, Any] = {"latitude__isnull": False}
        if south > -90:
            edges["latitude__gte"] = south
        if north < 90:
            edges["latitude__lte"] = north
        return Q(**edges)
    # Meridians meet at the poles: the circle's widest place lies nearer to them than its middle.
    widest = math.sin(angle) / math.cos(math.radians(point.latitude))
    aside = math.degrees(math.asin(min(1.0, widest))) + _SLACK_DEGREES
    west, east = point.longitude - aside, point.longitude + aside
    if west < -180:
        beside = Q(longitude__gte=west + 360) | Q(longitude__lte=east)
    elif east > 180:
        beside = Q(longitude__gte=west) | Q(longitude__lte=east - 360)
    else:
        beside = Q(longitude__range=(west, east))
    return Q(latitude__range=(south, north)) & beside


class _FromPoint(Func):
    output_field: Any = FloatField()
    arity = 4

    def __init__(self, point: Point, **extra: Any) -> None:
        degrees = (Value(each, output_field=FloatField()) for each in point)
        super().__init__(F("latitude"), F("longitude"), *degrees, **extra)

    def _from_point(self, compiler: Any, pattern: str) -> tuple[str, list[Any]]:
        """The pattern with the place of the event, and that of the point, put in."""
        latitude, longitude, *point = self.get_source_expressions()
        here, there = (
            [compiler.compile(each) for each in pair] for pair in ((latitude, longitude), point)
        )
        params = [value for _, values in (*here, *there) for value in values]
        return pattern.format(
            "events_place({}, {})".format(*(sql for sql, _ in here)),
            "events_place({}, {})".format(*(sql for sql, _ in there)),
        ), params


class _Kilometres(_FromPoint):
    function = "kilometres"

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Any:
        return self._from_point(
            compiler, f"({2 * EARTH_KM} * asin(least(1, ({{0}} <-> {{1}}) / 2)))"
        )


class _Chord(_FromPoint):
    """The way through the Earth: it grows with the distance, and the index of places knows it."""

    function = "kilometres"

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Any:
        return self._from_point(compiler, "({0} <-> {1})")


class _InReach(_FromPoint):
    """What the index of places can tell: without it, nearest first would go on to the far end."""

    output_field = BooleanField()

    def __init__(self, point: Point, km: float, **extra: Any) -> None:
        super().__init__(point, **extra)
        self.chord = 2 * math.sin(min(km / EARTH_KM, math.pi) / 2) + 1e-9

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Any:
        return self._from_point(compiler, f"({{0}} <@ cube_enlarge({{1}}, {self.chord!r}, 3))")

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> Any:
        return "1 = 1", []
