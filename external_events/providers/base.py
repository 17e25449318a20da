"""What every provider's client can do, whatever its API is like."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

from core.ratelimit import Limit
from external_events.records import ExternalEvent

# The clocks that are furthest ahead of UTC (Kiritimati) and furthest behind it (Baker Island).
_AHEAD, _BEHIND = timedelta(hours=14), timedelta(hours=12)


@dataclass(frozen=True)
class Query:
    """A search at a provider. An empty one finds all events.

    `starts_from` (inclusive) and `starts_before` (exclusive) are instants in UTC, in whole
    seconds. `first_day` and `last_day` (both inclusive) are days at the venue, whatever its time
    zone. Results must be checked with `has_day_of`: not every provider can select by days there.

    `location` is a city; `City, CC` with a country's code (ISO 3166-1), `City, ST` with that of a
    state of the USA, or `City, ST, CC`.
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
        """Return the earliest start in UTC: of the first day where clocks are furthest ahead."""
        if self.first_day is None:
            return self.starts_from
        begins = _midnight(self.first_day) - _AHEAD
        return begins if self.starts_from is None else max(begins, self.starts_from)

    @property
    def latest_start(self) -> datetime | None:
        """Return the end of the starts in UTC, exclusive.

        The last day ends where clocks are furthest behind.
        """
        if self.last_day is None:
            return self.starts_before
        ends = end_of_day_everywhere(self.last_day)
        return ends if self.starts_before is None else min(ends, self.starts_before)

    def has_day_of(self, record: ExternalEvent) -> bool:
        """Return whether the record is on the days of the query; a record without a day is not."""
        if not self.has_days:
            return True
        day = record.local_date
        return (
            day is not None
            and (self.first_day is None or day >= self.first_day)
            and (self.last_day is None or day <= self.last_day)
        )


def end_of_day_everywhere(day: date) -> datetime:
    """Return the instant from which it is no longer that day anywhere."""
    return _midnight(day) + timedelta(days=1) + _BEHIND


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


@dataclass(frozen=True)
class Found:
    """One page. `total` is how many there are in all, as the provider counts them; entries that
    cannot be read (no id, no title) are left out of `records` and counted as `unreadable`."""

    total: int
    records: tuple[ExternalEvent, ...]
    unreadable: int = 0


class Provider(Protocol):
    """Soonest first. Raises ProviderNotConfigured, and core.errors.ProviderUnavailable
    within 15 s, retries included; within `deadline_s` where that is given.

    `limits` are the caller's: every request counts against them. Once one of them is used up,
    transport.LimitUsedUp is raised and no request is sent.
    """

    name: str  # in the API
    title: str  # for people
    page_size: int  # of the largest page
    reachable: int  # so many results of one search can be paged to

    def is_configured(self) -> bool: ...

    def daily_quota(self) -> int | None:
        """How often it may be asked in a day; None where nobody says."""

    def search(
        self,
        query: Query,
        *,
        page: int,
        size: int,
        limits: Sequence[Limit] = (),
        deadline_s: float | None = None,
    ) -> Found:
        """Page 1 is the first. Danger: what lies past `reachable` is refused or empty."""

    def can_be_id(self, external_id: str) -> bool:
        """Whether the text has the form of this provider's ids."""

    def get(self, external_id: str, *, limits: Sequence[Limit] = ()) -> ExternalEvent:
        """Raises ExternalEventNotFound, too, also for what cannot be an id of this provider."""
