"""What every provider's client can do, whatever its API is like."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from config.errors import NotThere, RuleBroken
from config.limits import Limit
from external_events.records import ExternalEvent


class ProviderNotConfigured(RuleBroken):
    status = 503
    code = "provider_not_configured"
    message = "This provider has no key here."
    retry_after_s = 3600  # until somebody sets one


class ExternalEventNotFound(NotThere):
    message = "The provider has no such event."


@dataclass(frozen=True)
class Query:
    """What to look for; empty: anything. Starts from `starts_from` on and before `starts_before`,
    both in UTC and whole seconds.

    `location` is a city; `City, CC` with a country's code (ISO 3166-1), `City, ST` with that of a
    state of the USA, or `City, ST, CC`.
    """

    text: str = ""
    location: str = ""
    starts_from: datetime | None = None
    starts_before: datetime | None = None


@dataclass(frozen=True)
class Found:
    """One page. `total` is how many there are in all, as the provider counts them; entries that
    cannot be read (no id, no title) are left out of `records` and counted as `unreadable`."""

    total: int
    records: tuple[ExternalEvent, ...]
    unreadable: int = 0


class Provider(Protocol):
    """Soonest first. Raises ProviderNotConfigured, and config.errors.ProviderUnavailable
    within 15 s, retries included.

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

    def search(self, query: Query, *, page: int, size: int, limits: Sequence[Limit] = ()) -> Found:
        """Page 1 is the first. Danger: what lies past `reachable` is refused or empty."""

    def can_be_id(self, external_id: str) -> bool:
        """Whether the text has the form of this provider's ids."""

    def get(self, external_id: str, *, limits: Sequence[Limit] = ()) -> ExternalEvent:
        """Raises ExternalEventNotFound, too, also for what cannot be an id of this provider."""
