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

from core.api.fields import fine_degrees
from events.models import EventQuerySet

EARTH_KM = 6371.0088
MOST_KM = 20_000  # beyond half of the circumference there is nothing
_NUMBER = r"\s*([+-]?[0-9]{1,3}(?:\.[0-9]{1,20})?)\s*"
# A touch wider than the circle, so that rounding cuts nobody off.
_SLACK_DEGREES = 1e-6
SLACK_KM = 1e-4


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


def nearest_first(events: EventQuerySet, point: Point) -> EventQuerySet:
    """Sort by distance, then by date; events without a place come last.

    Reads all of the events. The index of places must not be used here: it would be scanned
    completely, nearest first, if few events match the other filters.
    """
    return events.order_by(OrderBy(_Nearness(point), nulls_last=True), "start_time", "id")


def distance_of(
    events: EventQuerySet, point: Point, place: int, *, within_km: float | None = None
) -> float | None:
    """Return the distance in kilometres of the event at this offset, nearest first.

    None if there are fewer events. Scans the index of places up to `within_km`, the radius of the
    search. Use it only for very many events: the planner expects few events in any radius, and
    would use this index far too often.
    """
    if within_km is not None:
        events = events.filter(_InReach(point, within_km))
    nearest = events.order_by(OrderBy(_Chord(point), nulls_last=True))
    kilometres = nearest.values_list(_Kilometres(point), flat=True)
    return next(iter(kilometres[place : place + 1]), None)


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
        self.point = point

    def _haversine(self, compiler: Any) -> str:
        """SQL for the square of half the chord: 0 here, 1 on the far side of the Earth.

        Plain arithmetic, because a search computes it for each event in its box: a `cube` for each
        of 100,000 events takes a second.
        """
        latitude, longitude = (
            compiler.compile(each)[0] for each in self.get_source_expressions()[:2]
        )
        north, east = self.point
        cosine = math.cos(math.radians(north))
        return (
            f"(sin(radians({latitude} - ({north!r})) / 2) ^ 2 + cos(radians({latitude}))"
            f" * {cosine!r} * sin(radians({longitude} - ({east!r})) / 2) ^ 2)"
        )

    def _as_places(self, compiler: Any, pattern: str) -> tuple[str, list[Any]]:
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
        half = f"least(1, sqrt({self._haversine(compiler)}))"
        return f"({2 * EARTH_KM} * asin({half}))", []


class _Nearness(_FromPoint):
    """Return an expression that grows with the distance and uses no index."""

    function = "kilometres"

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Any:
        return self._haversine(compiler), []


class _Chord(_FromPoint):
    """The way through the Earth: it grows with the distance, and the index of places knows it."""

    function = "kilometres"

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Any:
        return self._as_places(compiler, "({0} <-> {1})")


class _InReach(_FromPoint):
    """Whether the index of places finds the event within the radius.

    Without this condition a scan that finds too few events reads the whole index.
    """

    output_field = BooleanField()

    def __init__(self, point: Point, km: float, **extra: Any) -> None:
        super().__init__(point, **extra)
        self.chord = 2 * math.sin(min(km / EARTH_KM, math.pi) / 2) + 1e-9

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Any:
        return self._as_places(compiler, f"({{0}} <@ cube_enlarge({{1}}, {self.chord!r}, 3))")

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> Any:
        return "1 = 1", []
