"""Events by their distance from a point on a sphere with the Earth's mean radius (IUGG).

Distances are accurate to about half a percent, because the Earth is no sphere.
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
MOST_KM = 20_000  # about half of the circumference
_NUMBER = r"\s*([+-]?[0-9]{1,3}(?:\.[0-9]{1,20})?)\s*"
# A margin, so that rounding excludes no event at the edge.
_SLACK_DEGREES = 1e-6
SLACK_KM = 1e-4


class Point(NamedTuple):
    """Degrees north and east."""

    latitude: float
    longitude: float

    @classmethod
    def read(cls, text: str) -> Self:
        """Parse `lat,lon`. Raises ValidationError for other text and for impossible values."""
        numbers = re.fullmatch(f"{_NUMBER},{_NUMBER}", text, re.ASCII)
        if numbers is None:
            raise ValidationError("Send it as lat,lon, such as 52.52,13.405.", code="invalid")
        point = cls(*(fine_degrees(float(number)) for number in numbers.groups()))
        if abs(point.latitude) > 90 or abs(point.longitude) > 180:
            raise ValidationError(
                "Send a latitude from -90 to 90 and a longitude from -180 to 180.",
                code="out_of_range",
            )
        return point


def kilometres(
    latitude: float | None, longitude: float | None, to_latitude: float, to_longitude: float
) -> float | None:
    """Return the distance by the haversine formula; None without coordinates."""
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
    """Return events within the distance. A bounding box comes first, because it has indexes."""
    return events.filter(_box(point, km), LessThanOrEqual(_Kilometres(point), km))


def nearest_first(events: EventQuerySet, point: Point) -> EventQuerySet:
    """Sort by distance, then by date; events without coordinates come last.

    Reads all of the events. It must not use the index of places, which would be scanned completely
    if few events match the other filters.
    """
    return events.order_by(OrderBy(_Nearness(point), nulls_last=True), "start_time", "id")


def distance_of(
    events: EventQuerySet, point: Point, place: int, *, within_km: float | None = None
) -> float | None:
    """Return the distance in kilometres of the event at this offset, nearest first.

    Return None if there are fewer events. Scans the index of places up to `within_km`, the radius
    of the search. Use it for very many events only: the planner expects few events in any radius,
    and would use this index far too often.
    """
    if within_km is not None:
        events = events.filter(_InReach(point, within_km))
    nearest = events.order_by(OrderBy(_Chord(point), nulls_last=True))
    kilometres = nearest.values_list(_Kilometres(point), flat=True)
    return next(iter(kilometres[place : place + 1]), None)


def _box(point: Point, km: float) -> Q:
    """Return the bounding box of a circle: a cap near a pole, two boxes across the antimeridian."""
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
    # Meridians meet at the poles, so the circle is widest between its centre and the pole.
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
        degrees = (Value(degree, output_field=FloatField()) for degree in point)
        super().__init__(F("latitude"), F("longitude"), *degrees, **extra)
        self.point = point

    def _haversine(self, compiler: Any) -> str:
        """Return SQL for the square of half the chord: 0 at the point, 1 at its antipode.

        Plain arithmetic, because a search calculates it for every event in its box: with `cube`,
        100,000 events would take a second.
        """
        latitude, longitude = (
            compiler.compile(source)[0] for source in self.get_source_expressions()[:2]
        )
        north, east = self.point
        cosine = math.cos(math.radians(north))
        return (
            f"(sin(radians({latitude} - ({north!r})) / 2) ^ 2 + cos(radians({latitude}))"
            f" * {cosine!r} * sin(radians({longitude} - ({east!r})) / 2) ^ 2)"
        )

    def _as_places(self, compiler: Any, pattern: str) -> tuple[str, list[Any]]:
        """Insert the places of the event and of the point into the pattern."""
        latitude, longitude, *point = self.get_source_expressions()
        here, there = (
            [compiler.compile(value) for value in pair] for pair in ((latitude, longitude), point)
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
    """An expression that increases with the distance and uses no index."""

    function = "kilometres"

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Any:
        return self._haversine(compiler), []


class _Chord(_FromPoint):
    """The distance through the Earth, which the index of places supports."""

    function = "kilometres"

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Any:
        return self._as_places(compiler, "({0} <-> {1})")


class _InReach(_FromPoint):
    """The condition that the event is within the radius, by the index of places.

    Without it, a scan that finds too few events reads the whole index.
    """

    output_field = BooleanField()

    def __init__(self, point: Point, km: float, **extra: Any) -> None:
        super().__init__(point, **extra)
        self.chord = 2 * math.sin(min(km / EARTH_KM, math.pi) / 2) + 1e-9

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Any:
        return self._as_places(compiler, f"({{0}} <@ cube_enlarge({{1}}, {self.chord!r}, 3))")

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> Any:
        return "1 = 1", []
