"""The part of Ticketmaster's Discovery API (v2) that finds events."""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

from tests.standins import Call, StandIn, StandInResponse

KEY = "tm-key-that-nobody-may-see"
_JSON = ("Content-Type", "application/json;charset=utf-8")


def tm_event(
    id: str = "G5vYZ9kLmNoP_",
    name: str = "An Evening of Jazz",
    *,
    local: str | None = "2027-05-01T19:30",
    zone: str = "Europe/London",
    status: str = "onsale",
    city: str = "London",
    **changes: Any,
) -> dict[str, Any]:
    """Return an event in Ticketmaster's format; `changes` replace fields.

    `local`: the start at the venue. A date without a time: the time is to be announced. None: the
    date is, too.
    """
    return {
        "id": id,
        "name": name,
        "type": "event",
        "test": False,
        "url": f"https://tickets.example/event/{id}",
        "locale": "en-gb",
        "images": [tm_image(1024), tm_image(640, ratio="3_2"), tm_image(305, ratio="4_3")],
        "dates": {
            "start": _start(local, zone),
            "timezone": zone,
            "status": {"code": status},
            "spanMultipleDays": False,
        },
        "classifications": [tm_classification("Music", "Jazz", "Swing")],
        "info": "Doors open at seven.",
        "priceRanges": [{"type": "standard", "currency": "GBP", "min": 20.0, "max": 45.5}],
        "_embedded": {
            "venues": [tm_venue(city=city, zone=zone)],
            "attractions": [{"id": "K8vZ000001", "name": "The Night Owls", "type": "attraction"}],
        },
    } | changes


def tm_image(width: int, *, ratio: str = "16_9", fallback: bool = False) -> dict[str, Any]:
    return {
        "ratio": ratio,
        "url": f"https://pictures.example/{ratio}/{width}.jpg",
        "width": width,
        "height": width // 2,
        "fallback": fallback,
    }


def tm_classification(*names: str, primary: bool = True) -> dict[str, Any]:
    kinds = ("segment", "genre", "subGenre")
    named = {
        kind: {"id": f"Kn{kind}", "name": name} for kind, name in zip(kinds, names, strict=False)
    }
    return {"primary": primary, **named, "family": False}


def tm_venue(*, city: str = "London", zone: str = "Europe/London") -> dict[str, Any]:
    return {
        "id": "KovZ000001",
        "name": "The Cellar",
        "type": "venue",
        "timezone": zone,
        "city": {"name": city},
        "country": {"name": "Great Britain", "countryCode": "GB"},
        "address": {"line1": "1 Low Street"},
        "location": {"longitude": "-0.1276", "latitude": "51.5072"},
    }


def _start(local: str | None, zone: str) -> dict[str, Any]:
    day, _, hour = (local or "").partition("T")
    flags = {"dateTBD": False, "dateTBA": not day, "timeTBA": not hour, "noSpecificTime": False}
    if not day:
        return flags
    if not hour:
        return {"localDate": day, **flags}
    there = datetime.fromisoformat(f"{day}T{hour}").replace(tzinfo=ZoneInfo(zone))
    return {
        "localDate": day,
        "localTime": f"{there:%H:%M:%S}",
        "dateTime": f"{there.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        **flags,
    }


# Errors


def spike_arrested(*headers: tuple[str, str]) -> StandInResponse:
    """Return the error for more than five calls in a second."""
    return _fault(
        429,
        "Spike arrest violation. Allowed rate : 5ps",
        "policies.ratelimit.SpikeArrestViolation",
        *headers,
    )


def quota_used_up(*headers: tuple[str, str]) -> StandInResponse:
    """Return the error for a used-up daily quota. It contains the key."""
    return _fault(
        429,
        f"Rate limit quota violation. Quota limit  exceeded. Identifier : {KEY}",
        "policies.ratelimit.QuotaViolation",
        *headers,
    )


def refused(code: str, detail: str, status: int = 400) -> StandInResponse:
    return StandInResponse(
        status, {"errors": [{"code": code, "detail": detail, "status": f"{status}"}]}, (_JSON,)
    )


def _fault(status: int, text: str, code: str, *headers: tuple[str, str]) -> StandInResponse:
    body = {"fault": {"faultstring": text, "detail": {"errorcode": code}}}
    return StandInResponse(status, body, (_JSON, *headers))


class TicketmasterStandIn(StandIn):
    """Serves `events`, a list that tests may change between calls."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Any] = []

    def respond(self, call: Call) -> StandInResponse:
        parts = urlsplit(call.path)
        query = dict(parse_qsl(parts.query))
        if query.get("apikey") != KEY:
            return _fault(401, "Invalid ApiKey", "oauth.v2.InvalidApiKey")
        if parts.path == "/discovery/v2/events.json":
            return self._list(query)
        match = re.fullmatch(r"/discovery/v2/events/([^/]+)\.json", parts.path)
        for event in self.events:
            if match and event["id"] == match[1]:
                return self._response(event)
        return refused("DIS1004", "Resource not found with provided criteria", 404)

    def _list(self, query: dict[str, str]) -> StandInResponse:
        size, page = int(query.get("size", "20")), int(query.get("page", "0"))
        if size > 200:
            return refused("DIS1036", 'Query param "size" must be less than 200')
        if size * page > 1000:
            return refused("DIS1035", "(page * size) must be less than 1,000")
        for name in ("startDateTime", "endDateTime"):
            if not re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)?", query.get(name, "")):
                return refused("DIS1015", "Query param with date must be of valid format")
        fitting = sorted((event for event in self.events if _fits(event, query)), key=_sorted_by)
        shown = fitting[size * page : size * (page + 1)]
        counts = {
            "size": size,
            "totalElements": len(fitting),
            "totalPages": -(-len(fitting) // size),
            "number": page,
        }
        # Without events, the real one leaves out `_embedded`.
        return self._response(
            ({"_embedded": {"events": shown}} if shown else {}) | {"page": counts}
        )

    def _response(self, body: Any) -> StandInResponse:
        available = str(5000 - len(self.calls))
        reset = str(int(datetime.now(UTC).timestamp() * 1000) + 3_600_000)
        limits = (
            ("Rate-Limit", "5000"),
            ("Rate-Limit-Available", available),
            ("Rate-Limit-Over", "0"),
            ("Rate-Limit-Reset", reset),
        )
        return StandInResponse(200, body, (_JSON, *limits))


def _fits(event: Any, query: dict[str, str]) -> bool:
    venue = (event.get("_embedded", {}).get("venues") or [{}])[0]
    words = set(re.findall(r"\w+", event["name"].lower()))
    starts = _sorted_by(event)
    return (
        set(re.findall(r"\w+", query.get("keyword", "").lower())) <= words
        and _is(query.get("city"), venue.get("city", {}).get("name"))
        and _is(query.get("stateCode"), venue.get("state", {}).get("stateCode"))
        and _is(query.get("countryCode"), venue.get("country", {}).get("countryCode"))
        and query.get("startDateTime", "") <= starts
        and starts <= query.get("endDateTime", "~")
    )


def _is(wanted: str | None, actual: str | None) -> bool:
    return wanted is None or wanted.lower() == (actual or "").lower()


def _sorted_by(event: Any) -> str:
    start = event.get("dates", {}).get("start", {})
    return str(start.get("dateTime") or start.get("localDate") or "")
