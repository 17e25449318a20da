"""An event as a provider describes it, in one format for all providers."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class Status(StrEnum):
    """schema.org's EventStatusType. Sold out or not yet on sale are both `scheduled`."""

    SCHEDULED = "scheduled"
    RESCHEDULED = "rescheduled"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class ExternalEvent:
    """An event of a provider. Unknown values are empty or None, never guessed.

    Texts are plain (no HTML, no control characters) and within the limits of an event. `start_time`
    and `end_time` are instants in UTC, `end_time` after `start_time`. If the hour is not known,
    `start_time` is None and `local_date` may still be the day at the venue. If the hour of the end
    is not known, `last_date` may be the last day at the venue, inclusive. `timezone` is an IANA
    name, UTC if unknown. Either both coordinates are known or none.
    """

    provider: str
    external_id: str
    title: str
    description: str = ""
    location: str = ""
    latitude: float | None = None
    longitude: float | None = None
    timezone: str = "UTC"
    start_time: datetime | None = None
    end_time: datetime | None = None
    local_date: date | None = None
    last_date: date | None = None
    status: Status = Status.SCHEDULED
    url: str = ""
    image: str = ""
    # The provider's own categories, the broadest first: Music, then Jazz.
    categories: tuple[str, ...] = ()
    price_min: Decimal | None = None
    price_max: Decimal | None = None
    currency: str = ""

    @property
    def time_known(self) -> bool:
        return self.start_time is not None

    @property
    def category(self) -> str:
        return self.categories[0] if self.categories else ""
