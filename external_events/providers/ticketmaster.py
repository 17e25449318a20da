"""Events from Ticketmaster, through its Discovery API (v2)."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any

import structlog
from django.conf import settings

from core.errors import ProviderUnavailable
from core.ratelimit import Limit
from external_events.exceptions import ExternalEventNotFound, ProviderNotConfigured
from external_events.providers import clocks, reading
from external_events.providers.base import Found, Query
from external_events.providers.places import read_place
from external_events.providers.transport import Refused, Transport
from external_events.providers.zones import country_code
from external_events.records import ExternalEvent, Status

logger = structlog.get_logger(__name__)

# Five requests a second, and no two at once.
PACE_S: float | None = 0.2

_EVENTS = "/discovery/v2/events"
_NO_SUCH_EVENT = "DIS1004"
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_WIDEST_PICTURE = 2048  # pixels; what is wider is for print

_STATUSES = {
    "cancelled": Status.CANCELLED,
    "canceled": Status.CANCELLED,
    "postponed": Status.POSTPONED,
    "rescheduled": Status.RESCHEDULED,
}  # onsale and offsale tell of the tickets alone


class Ticketmaster:
    name = "ticketmaster"
    title = "Ticketmaster"
    page_size = 200
    reachable = 1000

    def is_configured(self) -> bool:
        return bool(settings.TICKETMASTER_API_KEY)

    def daily_quota(self) -> int:
        return int(settings.TICKETMASTER_DAILY_QUOTA)

    def search(
        self,
        query: Query,
        *,
        page: int,
        size: int,
        limits: Sequence[Limit] = (),
        deadline_s: float | None = None,
    ) -> Found:
        paging = {"sort": "date,asc", "size": str(size), "page": str(page - 1)}
        answer = self._ask(f"{_EVENTS}.json", _parameters(query) | paging, limits, deadline_s)
        told, entries = reading.within(answer, "page"), _entries(answer)
        if not isinstance(told, dict) or entries is None:
            raise ProviderUnavailable("Ticketmaster answered with something else than a page.")
        total = told.get("totalElements")
        return reading.page(entries, read_event, told=total, before=(page - 1) * size)

    def can_be_id(self, external_id: str) -> bool:
        return _ID.fullmatch(external_id) is not None

    def get(self, external_id: str, *, limits: Sequence[Limit] = ()) -> ExternalEvent:
        if not self.can_be_id(external_id):
            raise ExternalEventNotFound
        path = f"{_EVENTS}/{external_id}.json"
        event = read_event(self._ask(path, {}, limits, is_one_event=True))
        if event is None or event.external_id != external_id:
            raise ProviderUnavailable("Ticketmaster answered with something else than the event.")
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
        transport = _transport(settings.TICKETMASTER_BASE_URL, self.daily_quota(), PACE_S)
        try:
            return transport.get_json(
                path,
                {"locale": "*"} | dict(parameters),
                secret={"apikey": settings.TICKETMASTER_API_KEY},
                limits=limits,
                deadline_s=deadline_s,
            )
        except Refused as refused:
            status, codes = refused.status, _codes(refused.body)
        # Out here no exception has another one behind it, whose body may tell anything.
        if is_one_event and status == 404 and _NO_SUCH_EVENT in codes:
            raise ExternalEventNotFound
        logger.warning("provider_refused", provider=self.name, status=status, codes=codes)
        raise ProviderUnavailable("Ticketmaster refuses what we ask.")


@cache
def _transport(base_url: str, daily_quota: int, pace_s: float | None) -> Transport:
    return Transport(
        provider=Ticketmaster.name, base_url=base_url, pace_s=pace_s, daily_quota=daily_quota
    )


def _codes(body: Any) -> list[str]:
    """Only what looks like one of their codes; the words around them are not for the log."""
    told = [error.get("code") for error in reading.mappings(reading.within(body, "errors"))]
    return [code for code in told if isinstance(code, str) and re.fullmatch(r"DIS\d{1,6}", code)]


def _parameters(query: Query) -> dict[str, str]:
    place = read_place(query.location)
    ends = query.latest_start
    # The end is inclusive there.
    last = None if ends is None else ends - timedelta(seconds=1)
    asked = {
        "keyword": query.text,
        "city": place.city,
        "stateCode": place.state,
        "countryCode": place.country,
        "startDateTime": _written(query.earliest_start),
        "endDateTime": _written(last),
        # Selects more closely than UTC can, so that few results are dropped here. Not relied on.
        "localStartDateTime": _local_range(query),
    }
    return {name: value for name, value in asked.items() if value}


def _written(moment: datetime | None) -> str:
    """Any other form is refused."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if moment else ""


def _local_range(query: Query) -> str:
    """Return the days at the venue, from the first to the last second; `*` for an open end."""
    if not query.has_days:
        return ""
    first = f"{query.first_day}T00:00:00" if query.first_day else "*"
    last = f"{query.last_day}T23:59:59" if query.last_day else "*"
    return f"{first},{last}"


def _entries(answer: Any) -> list[Any] | None:
    """None where there is no list; a page without events has no `_embedded`."""
    if reading.within(answer, "_embedded") is None:
        return []
    entries = reading.within(answer, "_embedded", "events")
    return entries if isinstance(entries, list) else None


# -- One event ------------------------------------------------------------------------------------


def read_event(value: Any) -> ExternalEvent | None:
    """None where it has no id or no title."""
    event = reading.mapping(value)
    external_id, title = event.get("id"), _title(event)
    if not isinstance(external_id, str) or not _ID.fullmatch(external_id) or not title:
        return None
    venue = _venue(event)
    latitude, longitude = reading.coordinates(
        reading.within(venue, "location", "latitude"),
        reading.within(venue, "location", "longitude"),
    )
    return ExternalEvent(
        provider=Ticketmaster.name,
        external_id=external_id,
        title=title,
        description=_description(event),
        location=_location(venue),
        latitude=latitude,
        longitude=longitude,
        status=_status(event),
        url=reading.url(event.get("url")),
        image=_image(event),
        categories=_categories(event),
        **_times(event, venue),
        **_prices(event),
    )


def _title(event: dict[str, Any]) -> str:
    attractions = reading.mappings(reading.within(event, "_embedded", "attractions"))
    names = reading.without_repeats(reading.line(each.get("name")) for each in attractions)
    return reading.line(event.get("name")) or reading.cut(", ".join(names), reading.LONGEST_TITLE)


def _description(event: dict[str, Any]) -> str:
    said: list[str] = []
    for name in ("description", "info", "pleaseNote", "additionalInfo"):
        text = reading.paragraphs(event.get(name))
        if text and not any(text in before for before in said):
            said = [before for before in said if before not in text] + [text]
    return reading.cut("\n\n".join(said), reading.LONGEST_DESCRIPTION)


def _venue(event: dict[str, Any]) -> dict[str, Any]:
    """Return the first venue with a name.

    Events without a venue may have a `place`, which has the same fields.
    """
    venues = _venues(event)
    named = (each for each in venues if reading.line(each.get("name")))
    return next(named, venues[0] if venues else {})


def _venues(event: dict[str, Any]) -> list[dict[str, Any]]:
    venues = reading.mappings(reading.within(event, "_embedded", "venues"))
    return [each for each in [*venues, reading.mapping(event.get("place"))] if each]


def _location(venue: dict[str, Any]) -> str:
    return reading.place_name(
        venue.get("name"),
        reading.within(venue, "address", "line1"),
        reading.within(venue, "city", "name"),
        reading.line(reading.within(venue, "state", "name"))
        or reading.line(reading.within(venue, "state", "stateCode"))
        or reading.within(venue, "country", "name"),
    )


def _times(event: dict[str, Any], venue: dict[str, Any]) -> dict[str, Any]:
    dates = reading.mapping(event.get("dates"))
    starts, ends = reading.mapping(dates.get("start")), reading.mapping(dates.get("end"))
    day, hour, utc = _clock_of(starts)
    # That of `dates` is often missing.
    sources = [venue, dates, *_venues(event)]
    zone = clocks.zone_of(
        [each.get("timezone") for each in sources], day, hour, utc, country=_country(venue)
    )
    start = clocks.moment(day, hour, utc, zone)
    last_day, last_hour, last_utc = _clock_of(ends)
    if reading.is_true(ends.get("approximate")):
        last_hour = last_utc = None
        last_day = None if last_day == day else last_day
    end = clocks.moment(last_day, last_hour, last_utc, zone)
    return clocks.times(start, end, day, zone, last_day=last_day if end is None else None)


def _country(venue: dict[str, Any]) -> str:
    countries = (reading.within(venue, "country", name) for name in ("countryCode", "name"))
    return next(filter(None, (country_code(reading.line(each)) for each in countries)), "")


def _clock_of(point: dict[str, Any]) -> tuple[date | None, time | None, datetime | None]:
    """The day and the hour there, and the instant; without what is said to be open still."""
    if any(reading.is_true(point.get(flag)) for flag in ("dateTBA", "dateTBD")):
        return None, None, None
    day = clocks.day(point.get("localDate"))
    if any(reading.is_true(point.get(flag)) for flag in ("timeTBA", "noSpecificTime")):
        return day, None, None
    hour, utc = clocks.hour(point.get("localTime")), clocks.instant(point.get("dateTime"))
    if day is None and hour is None:
        day, hour = clocks.clock_with_offset(point.get("dateTime"))
    return day, hour, utc


def _status(event: dict[str, Any]) -> Status:
    code = reading.line(reading.within(event, "dates", "status", "code"))
    return _STATUSES.get(code.lower(), Status.SCHEDULED)


def _image(event: dict[str, Any]) -> str:
    """A wide one of the event itself rather than one that stands for its kind."""

    def worth(picture: dict[str, Any]) -> tuple[bool, bool, bool, int]:
        width = reading.whole_number(picture.get("width")) or 0
        fits = width <= _WIDEST_PICTURE
        return (
            not reading.is_true(picture.get("fallback")),
            picture.get("ratio") in ("16_9", "3_2"),
            fits,
            width if fits else -width,
        )

    pictures = [
        each for each in reading.mappings(event.get("images")) if reading.url(each.get("url"))
    ]
    return reading.url(max(pictures, key=worth)["url"]) if pictures else ""


def _categories(event: dict[str, Any]) -> tuple[str, ...]:
    told = reading.mappings(event.get("classifications"))
    told.sort(key=lambda each: not reading.is_true(each.get("primary")))
    names = (
        reading.line(reading.within(each, kind, "name"), longest=reading.LONGEST_CATEGORY)
        for each in told[:1]
        for kind in ("segment", "genre", "subGenre")
    )
    return tuple(reading.without_repeats(each for each in names if each.lower() != "undefined"))


def _prices(event: dict[str, Any]) -> dict[str, Any]:
    """Those without fees, where there are several."""
    ranges = reading.mappings(event.get("priceRanges"))
    ranges.sort(key=lambda each: reading.line(each.get("type")).lower() != "standard")
    for each in ranges:
        low, high = reading.prices(each.get("min"), each.get("max"))
        if low is not None or high is not None:
            return {
                "price_min": low,
                "price_max": high,
                "currency": reading.currency(each.get("currency")),
            }
    return {}
