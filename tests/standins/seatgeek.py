"""The part of SeatGeek's Platform API (v2) that finds events."""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

from tests.standins import Call, StandIn, StandInResponse

CLIENT_ID = "sg-client-that-nobody-may-see"
CLIENT_SECRET = "sg-secret-that-nobody-may-see"
_JSON = (("Content-Type", "application/json"),)
_REACHABLE = 10_000
_LONGEST_PAGE = 5000


def sg_event(
    id: int = 5300417,
    title: str = "The Night Owls with Guests",
    *,
    local: str | None = "2027-05-01T19:30",
    zone: str = "America/New_York",
    status: str = "normal",
    city: str = "Albany",
    **changes: Any,
) -> dict[str, Any]:
    """Return an event in SeatGeek's format; `changes` replace fields.

    `local`: the start at the venue. A date without a time: the time is to be determined. None: the
    date is, too.
    """
    day, _, hour = (local or "2027-12-31").partition("T")
    there = datetime.fromisoformat(f"{day}T{hour or '03:30'}").replace(tzinfo=ZoneInfo(zone))
    return {
        "id": id,
        "title": title,
        "short_title": title.partition(" with ")[0],
        "type": "concert",
        "url": f"https://seats.example/e/{id}",
        "description": "",
        "status": status,
        "datetime_local": f"{there:%Y-%m-%dT%H:%M:%S}",
        "datetime_utc": f"{there.astimezone(UTC):%Y-%m-%dT%H:%M:%S}",
        "enddatetime_utc": None,
        "date_tbd": not local,
        "time_tbd": not hour,
        "datetime_tbd": not local,
        "taxonomies": [{"id": 2000000, "name": "concert", "parent_id": None, "rank": 0}],
        "performers": [
            sg_performer("The Guests"),
            sg_performer("The Night Owls", primary=True),
        ],
        "venue": {
            "id": 1234,
            "name": "The Attic",
            "address": "7 High Street",
            "city": city,
            "state": "NY",
            "country": "US",
            "timezone": zone,
            "location": {"lat": 42.6526, "lon": -73.7562},
        },
        "stats": {"listing_count": 12, "lowest_price": 31, "highest_price": 120},
    } | changes


def sg_performer(name: str, **changes: Any) -> dict[str, Any]:
    picture = f"https://pictures.example/{name.lower().replace(' ', '-')}/huge.jpg"
    return {"id": 77, "name": name, "image": picture, "images": {"huge": picture}} | changes


def refused(status: int, code: int, message: str, *headers: tuple[str, str]) -> StandInResponse:
    body = {
        "errors": [{"code": code, "message": message}],
        "message": message,
        "status": status,
        "meta": {"status": status},
    }
    return StandInResponse(status, body, (*_JSON, *headers))


def too_many(*headers: tuple[str, str]) -> StandInResponse:
    return refused(429, 42900, "Too many requests", *headers)


class SeatGeekStandIn(StandIn):
    """Serves `events`, a list that tests may change between calls."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Any] = []

    def respond(self, call: Call) -> StandInResponse:
        parts = urlsplit(call.path)
        query = dict(parse_qsl(parts.query))
        if "client_id" not in query:
            return refused(403, 40307, "Client is required")
        if query["client_id"] != CLIENT_ID or query.get("client_secret") != CLIENT_SECRET:
            return refused(401, 40101, "Invalid client credentials")
        if parts.path == "/2/events":
            return self._list(query)
        match = re.fullmatch(r"/2/events/(\d+)", parts.path)
        for event in self.events:
            if match and str(event["id"]) == match[1]:
                return StandInResponse(200, event, _JSON)
        return refused(404, 40401, "Event not found")

    def _list(self, query: dict[str, str]) -> StandInResponse:
        size, page = int(query.get("per_page", "10")), int(query.get("page", "1"))
        if size > _LONGEST_PAGE:
            message = f"page size too large. maximum {_LONGEST_PAGE}"
            return StandInResponse(
                400, {"status": 400, "message": message, "meta": {"status": 400}}, _JSON
            )
        fitting = sorted(
            (event for event in self.events if _fits(event, query)),
            key=lambda event: str(event.get("datetime_utc")),
        )
        shown = fitting[size * (page - 1) : min(size * page, _REACHABLE)]
        meta = {"total": len(fitting), "took": 3, "page": page, "per_page": size}
        return StandInResponse(200, {"events": shown, "meta": meta | {"geolocation": None}}, _JSON)


def _fits(event: Any, query: dict[str, str]) -> bool:
    venue, starts = event.get("venue", {}), str(event.get("datetime_utc"))
    names = [event["title"], *(performer["name"] for performer in event.get("performers", []))]
    words = set(re.findall(r"\w+", " ".join(names).lower()))
    return (
        set(re.findall(r"\w+", query.get("q", "").lower())) <= words
        and all(
            query.get(f"venue.{name}", actual := str(venue.get(name))).lower() == actual.lower()
            for name in ("city", "state", "country")
        )
        and query.get("datetime_utc.gte", "") <= starts
        and starts < query.get("datetime_utc.lt", "~")
    )
