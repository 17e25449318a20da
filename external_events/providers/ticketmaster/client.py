"""Requests to Ticketmaster's Discovery API (v2)."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from core.http_client import SecretParams
from external_events.providers.base import Provider, Query
from external_events.providers.parsing import dicts, dig
from external_events.providers.places import parse_place
from external_events.providers.ticketmaster.events import ID, parse_event
from external_events.records import ExternalEvent

_EVENT_NOT_FOUND = "DIS1004"


class Ticketmaster(Provider):
    name = "ticketmaster"
    title = "Ticketmaster"
    page_size = 200
    reachable = 1000
    pace_s = 0.2  # five requests a second, without bursts
    id_pattern = ID
    common_params = {"locale": "*"}

    def credentials(self) -> SecretParams:
        return SecretParams({"apikey": self.setting("API_KEY")})

    def path(self, external_id: str | None = None) -> str:
        resource = "events" if external_id is None else f"events/{external_id}"
        return f"/discovery/v2/{resource}.json"

    def search_params(self, query: Query, *, page: int, size: int) -> dict[str, str]:
        place = parse_place(query.location)
        end = query.latest_start
        params = {
            "keyword": query.text,
            "city": place.city,
            "stateCode": place.state,
            "countryCode": place.country,
            "startDateTime": _format_time(query.earliest_start),
            # Inclusive.
            "endDateTime": _format_time(end and end - timedelta(seconds=1)),
            # Narrower than UTC allows, so that fewer results are dropped here; not relied on.
            "localStartDateTime": _local_range(query),
            "sort": "date,asc",
            "size": str(size),
            "page": str(page - 1),
        }
        return {name: value for name, value in params.items() if value}

    def parse_page(self, payload: Any) -> tuple[list[Any] | None, Any]:
        page, embedded = dig(payload, "page"), dig(payload, "_embedded")
        # A page without events has no `_embedded`.
        entries = [] if embedded is None else dig(embedded, "events")
        is_page = isinstance(page, dict) and isinstance(entries, list)
        return (entries if is_page else None), dig(page, "totalElements")

    def parse_event(self, entry: Any) -> ExternalEvent | None:
        return parse_event(entry, provider=self.name)

    def error_codes(self, body: Any) -> list[str]:
        codes = [str(error.get("code")) for error in dicts(dig(body, "errors"))]
        return [code for code in codes if re.fullmatch(r"DIS\d{1,6}", code)]

    def is_not_found(self, body: Any) -> bool:
        return _EVENT_NOT_FOUND in self.error_codes(body)


def _format_time(moment: datetime | None) -> str:
    """Return the only format that Ticketmaster accepts."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if moment else ""


def _local_range(query: Query) -> str:
    """Return the days at the venue, from the first to the last second; `*` is an open end."""
    if not query.has_days:
        return ""
    first = f"{query.first_day}T00:00:00" if query.first_day else "*"
    last = f"{query.last_day}T23:59:59" if query.last_day else "*"
    return f"{first},{last}"
