"""Requests to SeatGeek's Platform API (v2)."""

from datetime import UTC, datetime
from typing import Any

from core.http_client import SecretParams
from external_events.providers.base import Provider, Query
from external_events.providers.parsing import dicts, dig, whole_number
from external_events.providers.places import parse_place
from external_events.providers.seatgeek.events import ID, parse_event
from external_events.records import ExternalEvent

# As SeatGeek's venues spell them, a mix of codes and names. Other countries are left out of the
# search: their spelling is unknown, and a wrong one finds nothing.
_COUNTRIES = {"US": "US", "CA": "Canada", "GB": "UK", "BR": "Brazil"}


class SeatGeek(Provider):
    name = "seatgeek"
    title = "SeatGeek"
    page_size = 100
    reachable = 10_000
    id_pattern = ID

    def credentials(self) -> SecretParams:
        client_id = self.setting("CLIENT_ID")
        secret = self.setting("CLIENT_SECRET") if client_id else ""
        return SecretParams({"client_id": client_id, "client_secret": secret})

    def path(self, external_id: str | None = None) -> str:
        return "/2/events" if external_id is None else f"/2/events/{external_id}"

    def search_params(self, query: Query, *, page: int, size: int) -> dict[str, str]:
        place = parse_place(query.location)
        params = {
            "q": query.text,
            "venue.city": place.city,
            "venue.state": place.state,
            "venue.country": "" if place.state else _COUNTRIES.get(place.country, ""),
            "datetime_utc.gte": _format_time(query.earliest_start),
            "datetime_utc.lt": _format_time(query.latest_start),
            # Narrower than UTC allows, so that fewer results are dropped here; not relied on.
            "datetime_local.gte": f"{query.first_day}T00:00:00" if query.first_day else "",
            "datetime_local.lte": f"{query.last_day}T23:59:59" if query.last_day else "",
            "sort": "datetime_utc.asc",
            "per_page": str(size),
            "page": str(page),
        }
        return {name: value for name, value in params.items() if value}

    def parse_page(self, payload: Any) -> tuple[list[Any] | None, Any]:
        entries = dig(payload, "events")
        return (entries if isinstance(entries, list) else None), dig(payload, "meta", "total")

    def parse_event(self, entry: Any) -> ExternalEvent | None:
        return parse_event(entry, provider=self.name)

    def error_codes(self, body: Any) -> list[int]:
        codes = [whole_number(error.get("code")) for error in dicts(dig(body, "errors"))]
        return [code for code in codes if code is not None]

    def is_not_found(self, body: Any) -> bool:
        return isinstance(body, dict)


def _format_time(moment: datetime | None) -> str:
    """Return the time without an offset, which is SeatGeek's own format."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}" if moment else ""
