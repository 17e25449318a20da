"""One event as a provider tells it, in our words."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class Status(StrEnum):
    """In the words of schema.org's EventStatusType. What is sold out or not yet on sale is
    scheduled all the same."""

    SCHEDULED = "scheduled"
    RESCHEDULED = "rescheduled"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class ExternalEvent:
    """What is not known is empty or None: never a guess, never an invented hour.

    Texts are plain (no HTML, no control characters) and as long as an event's may be. `start_time`
    and `end_time` are instants in UTC, `end_time` after `start_time`; where the hour is not known
    `start_time` is None and `local_date`, the day at the venue, may be known still. Where the hour
    of the end is not known, `last_date` may be: the last day at the venue, itself included.
    `timezone` is an IANA name, UTC where none is known. Coordinates come both or not at all.
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
    # The provider's own words for what it is, the broadest first: Music, then Jazz.
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
