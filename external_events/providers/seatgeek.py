"""Events from SeatGeek, through its Platform API (v2)."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from functools import cache
from typing import Any

import structlog
from django.conf import settings

from core.errors import ProviderUnavailable
from core.ratelimit import Limit
from core.validators import zone_or_utc
from external_events.exceptions import ExternalEventNotFound, ProviderNotConfigured
from external_events.providers import clocks, reading
from external_events.providers.base import Found, Query
from external_events.providers.places import read_place
from external_events.providers.transport import Refused, Transport
from external_events.providers.zones import country_code
from external_events.records import ExternalEvent, Status

logger = structlog.get_logger(__name__)

_EVENTS = "/2/events"
_ID = re.compile(r"[1-9]\d{0,17}", re.ASCII)
_PLACEHOLDER = time(3, 30)  # the hour of what has none yet
# As its venues write them, codes and names mixed. Of other countries nobody knows how they are
# written, and a wrong word finds nothing: there the city alone is asked for.
_COUNTRIES = {"US": "US", "CA": "Canada", "GB": "UK", "BR": "Brazil"}

_STATUSES = {
    "cancelled": Status.CANCELLED,
    "canceled": Status.CANCELLED,
    "postponed": Status.POSTPONED,
    "rescheduled": Status.RESCHEDULED,
}


class SeatGeek:
    name = "seatgeek"
    title = "SeatGeek"
    page_size = 100
    reachable = 10_000

    def is_configured(self) -> bool:
        return bool(settings.SEATGEEK_CLIENT_ID)

    def daily_quota(self) -> None:
        return None

    def search(
        self,
        query: Query,
        *,
        page: int,
        size: int,
        limits: Sequence[Limit] = (),
        deadline_s: float | None = None,
    ) -> Found:
        paging = {"sort": "datetime_utc.asc", "per_page": str(size), "page": str(page)}
        answer = self._ask(_EVENTS, _parameters(query) | paging, limits, deadline_s)
        entries = reading.within(answer, "events")
        if not isinstance(entries, list):
            raise ProviderUnavailable("SeatGeek answered with something else than a page.")
        total = reading.within(answer, "meta", "total")
        return reading.page(entries, read_event, told=total, before=(page - 1) * size)

    def can_be_id(self, external_id: str) -> bool:
        return _ID.fullmatch(external_id) is not None

    def get(self, external_id: str, *, limits: Sequence[Limit] = ()) -> ExternalEvent:
        if not self.can_be_id(external_id):
            raise ExternalEventNotFound
        path = f"{_EVENTS}/{external_id}"
        event = read_event(self._ask(path, {}, limits, is_one_event=True))
        if event is None or event.external_id != external_id:
            raise ProviderUnavailable("SeatGeek answered with something else than the event.")
        return event

    def _ask(
        self,
        path: str,
        parameters: Mapping[str, str],
        limits: Sequence[Limit],
        deadline_s: float | None = None,
        *,
        is_one_event: bool = False,
    ) -> Any:
        if not self.is_configured():
            raise ProviderNotConfigured
        try:
            return _transport(settings.SEATGEEK_BASE_URL).get_json(
                path, parameters, secret=_secret(), limits=limits, deadline_s=deadline_s
            )
        except Refused as refused:
            # A gateway's 404 is a page; theirs is JSON.
            is_absent = refused.status == 404 and isinstance(refused.body, dict)
            status, codes = refused.status, _codes(refused.body)
        # Out here no exception has another one behind it, whose body may tell anything.
        if is_one_event and is_absent:
            raise ExternalEventNotFound
        logger.warning("provider_refused", provider=self.name, status=status, codes=codes)
        raise ProviderUnavailable("SeatGeek refuses what we ask.")


@cache
def _transport(base_url: str) -> Transport:
    return Transport(provider=SeatGeek.name, base_url=base_url)


def _secret() -> dict[str, str]:
    told = {
        "client_id": settings.SEATGEEK_CLIENT_ID,
        "client_secret": settings.SEATGEEK_CLIENT_SECRET,
    }
    return {name: value for name, value in told.items() if value}


def _codes(body: Any) -> list[int]:
    """The words around them are not for the log."""
    errors = reading.mappings(reading.within(body, "errors"))
    codes = [reading.whole_number(error.get("code")) for error in errors]
    return [code for code in codes if code is not None]


def _parameters(query: Query) -> dict[str, str]:
    place = read_place(query.location)
    asked = {
        "q": query.text,
        "venue.city": place.city,
        "venue.state": place.state,
        "venue.country": "" if place.state else _COUNTRIES.get(place.country, ""),
        "datetime_utc.gte": _written(query.earliest_start),
        "datetime_utc.lt": _written(query.latest_start),
        # Select more closely than UTC can, so that few results are dropped here. Not relied on.
        "datetime_local.gte": f"{query.first_day}T00:00:00" if query.first_day else "",
        "datetime_local.lte": f"{query.last_day}T23:59:59" if query.last_day else "",
    }
    return {name: value for name, value in asked.items() if value}


def _written(moment: datetime | None) -> str:
    """Without an offset, as it writes them itself."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}" if moment else ""


# -- One event ------------------------------------------------------------------------------------


def read_event(value: Any) -> ExternalEvent | None:
    """None where it has no id or no title."""
    event = reading.mapping(value)
    external_id, title = _id(event.get("id")), _title(event)
    if not external_id or not title:
        return None
    venue = reading.mapping(event.get("venue"))
    latitude, longitude = reading.coordinates(
        reading.within(venue, "location", "lat"), reading.within(venue, "location", "lon")
    )
    return ExternalEvent(
        provider=SeatGeek.name,
        external_id=external_id,
        title=title,
        description=reading.paragraphs(event.get("description")),
        location=_location(venue),
        latitude=latitude,
        longitude=longitude,
        status=_STATUSES.get(reading.line(event.get("status")).lower(), Status.SCHEDULED),
        url=reading.url(event.get("url")),
        image=_image(event),
        categories=_categories(event),
        **_times(event, venue),
        **_prices(event),
    )


def _id(value: Any) -> str:
    number = reading.whole_number(value)
    return str(number) if number and str(number) == str(value) else ""


def _title(event: dict[str, Any]) -> str:
    names = reading.without_repeats(reading.line(each.get("name")) for each in _performers(event))
    return (
        reading.line(event.get("title"))
        or reading.line(event.get("short_title"))
        or reading.cut(", ".join(names), reading.LONGEST_TITLE)
    )


def _performers(event: dict[str, Any]) -> list[dict[str, Any]]:
    """The one whom it is about first."""
    performers = reading.mappings(event.get("performers"))
    return sorted(performers, key=lambda each: not reading.is_true(each.get("primary")))


def _location(venue: dict[str, Any]) -> str:
    return reading.place_name(
        venue.get("name"),
        venue.get("address"),
        venue.get("city"),
        reading.line(venue.get("state")) or venue.get("country"),
    )


def _times(event: dict[str, Any], venue: dict[str, Any]) -> dict[str, Any]:
    """What its flags mean: `time_tbd`, the day is right and the hour a placeholder; `date_tbd`,
    the day is an estimate, too; `datetime_tbd`, both are open, unless `date_tbd` says otherwise.
    `datetime_tbd` may be false where `time_tbd` is true: it says nothing of the hour then.
    """
    local_time, utc_time = event.get("datetime_local"), event.get("datetime_utc")
    day, hour = clocks.local(local_time)
    utc = clocks.instant(utc_time)
    for text in (local_time, utc_time):  # an offset, which is rare, gives both clocks
        if day is None:
            day, hour = clocks.clock_with_offset(text)
            utc = utc or (clocks.instant(text) if day else None)
    zone = clocks.zone_of(
        [venue.get("timezone")],
        day,
        hour,
        utc,
        country=country_code(reading.line(venue.get("country"))),
    )
    if utc and zone and day is None:
        there = utc.astimezone(zone_or_utc(zone))
        day, hour = there.date(), there.time()
    both_are_open = reading.is_true(event.get("datetime_tbd"))
    if reading.is_true(event.get("date_tbd")) or (
        both_are_open and event.get("date_tbd") is not False
    ):
        return clocks.times(None, None, None, zone)
    # Bodies of old have no flags: there half past three in the night is nobody's hour, either.
    is_placeholder = hour == _PLACEHOLDER and event.get("time_tbd") is not False
    if both_are_open or is_placeholder or reading.is_true(event.get("time_tbd")):
        start = None
    else:
        start = clocks.moment(day, hour, utc, zone)
    end = clocks.instant(event.get("enddatetime_utc"))
    last_day = clocks.day(event.get("enddatetime_utc"))
    return clocks.times(start, end, day, zone, last_day=last_day)


def _image(event: dict[str, Any]) -> str:
    pictures = (
        reading.url(reading.within(each, "images", "huge")) or reading.url(each.get("image"))
        for each in _performers(event)
    )
    return next(filter(None, pictures), "")


def _categories(event: dict[str, Any]) -> tuple[str, ...]:
    """Its taxonomies form a tree, which a list tells in any order."""
    taxonomies = reading.mappings(event.get("taxonomies"))
    parents = {
        reading.whole_number(each.get("id")): reading.whole_number(each.get("parent_id"))
        for each in taxonomies
        if reading.whole_number(each.get("id")) is not None
    }

    def depth(taxonomy: dict[str, Any]) -> int:
        above: set[int | None] = set()
        parent = reading.whole_number(taxonomy.get("parent_id"))
        while parent in parents and parent not in above:
            above.add(parent)
            parent = parents[parent]
        return len(above)

    told = [each.get("name") for each in sorted(taxonomies, key=depth)] + [event.get("type")]
    return tuple(reading.without_repeats(_words(each) for each in told))


def _words(value: Any) -> str:
    """Its names are written like_this."""
    text = value.replace("_", " ") if isinstance(value, str) else ""
    words = reading.line(text, longest=reading.LONGEST_CATEGORY)
    return words[:1].upper() + words[1:]


def _prices(event: dict[str, Any]) -> dict[str, Any]:
    """In US dollars, as it quotes all. Nothing for nothing: zero is a field left empty."""
    stats = reading.mapping(event.get("stats"))
    told = reading.prices(stats.get("lowest_price"), stats.get("highest_price"))
    low, high = (each or None for each in told)
    return {"price_min": low, "price_max": high, "currency": "USD"} if low or high else {}
