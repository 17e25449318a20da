"""The base class of all providers, and the search that they understand."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any, ClassVar

import structlog
from django.conf import settings

from core.errors import ProviderUnavailable
from core.http_client import SecretParams
from core.ratelimit import Limit
from external_events.exceptions import ExternalEventNotFound, ProviderNotConfigured
from external_events.providers import parsing
from external_events.providers.transport import ProviderRefused, ProviderTransport
from external_events.records import ExternalEvent

logger = structlog.get_logger(__name__)

# The time zones furthest ahead of UTC (Kiritimati) and furthest behind it (Baker Island).
_AHEAD, _BEHIND = timedelta(hours=14), timedelta(hours=12)


@dataclass(frozen=True)
class Query:
    """A search at a provider. An empty query finds all events.

    `starts_from` (inclusive) and `starts_before` (exclusive) are instants in UTC, in whole
    seconds. `first_day` and `last_day` (both inclusive) are days at the venue, in any time zone.
    Check results with `has_day_of`: not every provider can select by the day at the venue.

    `location` is a city; `City, CC` with the code of a country (ISO 3166-1), `City, ST` with that
    of a state of the USA, or `City, ST, CC`.
    """

    text: str = ""
    location: str = ""
    starts_from: datetime | None = None
    starts_before: datetime | None = None
    first_day: date | None = None
    last_day: date | None = None

    @property
    def has_days(self) -> bool:
        return self.first_day is not None or self.last_day is not None

    @property
    def earliest_start(self) -> datetime | None:
        """Return the earliest start in UTC; the first day begins in the zone furthest ahead."""
        day_begins = _midnight(self.first_day) - _AHEAD if self.first_day else None
        return max(filter(None, (day_begins, self.starts_from)), default=None)

    @property
    def latest_start(self) -> datetime | None:
        """Return the end of the starts in UTC, exclusive."""
        day_ends = end_of_day_everywhere(self.last_day) if self.last_day else None
        return min(filter(None, (day_ends, self.starts_before)), default=None)

    def has_day_of(self, record: ExternalEvent) -> bool:
        """Return whether the record is on the days of the query; False if its day is unknown."""
        if not self.has_days:
            return True
        day = record.local_date
        return day is not None and (
            (self.first_day or date.min) <= day <= (self.last_day or date.max)
        )


def end_of_day_everywhere(day: date) -> datetime:
    """Return the instant when the day ends in the zone furthest behind UTC."""
    return _midnight(day) + timedelta(days=1) + _BEHIND


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


@dataclass(frozen=True)
class ProviderPage:
    """One page of results.

    `total` is the number of all results, as the provider counts them. `unreadable` is the number
    of entries without an id or a title, which `records` leaves out.
    """

    total: int
    records: tuple[ExternalEvent, ...]
    unreadable: int = 0


class Provider(ABC):
    """A provider of events. Thread-safe.

    `search` and `fetch_event` take at most 15 s, retries included. They raise
    ProviderNotConfigured, and core.errors.ProviderUnavailable for any response that cannot be
    used. Each request counts against the caller's `limits`; if one of them is used up, they raise
    transport.LimitUsedUp and send nothing.

    Its settings are `<NAME>_BASE_URL`, `<NAME>_DAILY_QUOTA` (optional), and those of its key.
    """

    name: ClassVar[str]  # in the API, the database and the names of settings
    title: ClassVar[str]  # shown to people
    page_size: ClassVar[int]  # the largest that the provider accepts
    reachable: ClassVar[int]  # number of results of one search that can be paged to
    pace_s: ClassVar[float | None] = None  # least time between two requests
    id_pattern: ClassVar[re.Pattern[str]]
    common_params: ClassVar[Mapping[str, str]] = {}

    def setting(self, name: str) -> Any:
        """Return the setting `<PROVIDER>_<name>`, or None."""
        return getattr(settings, f"{self.name.upper()}_{name}", None)

    @property
    def base_url(self) -> str:
        return str(self.setting("BASE_URL"))

    def daily_quota(self) -> int | None:
        """Return the number of requests that a key may send in a day; None if unknown."""
        quota: int | None = self.setting("DAILY_QUOTA")
        return quota

    @cached_property
    def transport(self) -> ProviderTransport:
        return ProviderTransport(
            provider=self.name,
            base_url=self.base_url,
            pace_s=self.pace_s,
            daily_quota=self.daily_quota(),
        )

    def is_configured(self) -> bool:
        return bool(self.credentials())

    def is_valid_id(self, external_id: str) -> bool:
        return self.id_pattern.fullmatch(external_id) is not None

    def search(
        self,
        query: Query,
        *,
        page: int,
        size: int,
        limits: Sequence[Limit] = (),
        deadline_s: float | None = None,
    ) -> ProviderPage:
        """Return a page of results, soonest first. Page 1 is the first.

        Danger: pages past `reachable` are refused by the provider, or empty.
        """
        params = self.search_params(query, page=page, size=size)
        payload = self._get(self.path(), params, limits, deadline_s)
        entries, reported_total = self.parse_page(payload)
        if entries is None:
            raise ProviderUnavailable(f"{self.title} sent an invalid page. Try again later.")
        records = tuple(filter(None, map(self.parse_event, entries)))
        # At least what was seen, if the reported total is smaller or unreadable.
        seen = (page - 1) * size + len(entries) if entries else 0
        total = max(parsing.whole_number(reported_total) or 0, seen)
        return ProviderPage(total, records, unreadable=len(entries) - len(records))

    def fetch_event(self, external_id: str, *, limits: Sequence[Limit] = ()) -> ExternalEvent:
        """Return one event. Also raises ExternalEventNotFound, for an invalid id, too."""
        if not self.is_valid_id(external_id):
            raise ExternalEventNotFound
        record = self.parse_event(self._get(self.path(external_id), {}, limits))
        if record is None or record.external_id != external_id:
            raise ProviderUnavailable(f"{self.title} sent an invalid event. Try again later.")
        return record

    def _get(
        self,
        path: str,
        params: Mapping[str, str],
        limits: Sequence[Limit],
        deadline_s: float | None = None,
    ) -> Any:
        if not self.is_configured():
            raise ProviderNotConfigured
        try:
            return self.transport.get_json(
                path,
                {**self.common_params, **params},
                secret=self.credentials(),
                limits=limits,
                deadline_s=deadline_s,
            )
        except ProviderRefused as error:
            status, body = error.status, error.body
        # Outside of the `except`: a chained exception would put the body into error reports.
        codes = self.error_codes(body)
        is_missing = status == 404 and path != self.path() and self.is_not_found(body)
        del body
        if is_missing:
            raise ExternalEventNotFound
        logger.warning("provider_refused", provider=self.name, status=status, codes=codes)
        raise ProviderUnavailable(f"{self.title} rejected the request. Check it and try again.")

    @abstractmethod
    def credentials(self) -> SecretParams:
        """Return the query parameters that authenticate; empty if there is no key."""

    @abstractmethod
    def path(self, external_id: str | None = None) -> str:
        """Return the path of the list of events, or of one event, below `base_url`."""

    @abstractmethod
    def search_params(self, query: Query, *, page: int, size: int) -> dict[str, str]: ...

    @abstractmethod
    def parse_page(self, payload: Any) -> tuple[list[Any] | None, Any]:
        """Return the entries, or None if the payload is no page, and the total as sent."""

    @abstractmethod
    def parse_event(self, entry: Any) -> ExternalEvent | None:
        """Return the event; None if it has no id or no title. Never raises."""

    @abstractmethod
    def error_codes(self, body: Any) -> list[Any]:
        """Return the error codes of a response, for the log; texts could contain the key."""

    @abstractmethod
    def is_not_found(self, body: Any) -> bool:
        """Return whether a 404 is about the event, and not from a gateway in between."""
