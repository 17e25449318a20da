"""The shapes of the demo data: plain frozen records without behaviour."""

from dataclasses import dataclass
from datetime import time
from typing import Literal


@dataclass(frozen=True)
class DemoCategory:
    """A kind of event, as listed in the navigation."""

    name: str
    slug: str
    description: str


@dataclass(frozen=True)
class Person:
    """Somebody with an account; e-mail address and password are made by the loader."""

    username: str
    first_name: str
    last_name: str
    bio: str = ""


@dataclass(frozen=True)
class Venue:
    """A place where events happen."""

    name: str
    address: str
    latitude: float
    longitude: float

    @property
    def location(self) -> str:
        """The venue on one line, as events show it."""
        return f"{self.name}, {self.address}"


@dataclass(frozen=True)
class DemoEvent:
    """One entry of the calendar.

    `day` counts from today (1 to 42) and `start` is local time in Europe/Berlin. The days are
    laid out as if today were a Monday, so the busy ones are 5, 6, 12, 13 and so on. No text
    names a weekday, a date or a season, so the calendar reads well on any day.

    One with a `recurrence` (RFC 5545) is a series that begins there; who is in demand comes to its
    first date.

    `demand` is the number of attendees wanted as a share of `max_attendees`: over 1 the event is
    full and has a waitlist. An event without a limit is wanted by `demand` * 40 people.
    """

    title: str
    description: str
    category: str
    tags: tuple[str, ...]
    venue: Venue
    organizer: str
    day: int
    start: time
    minutes: int
    max_attendees: int | None
    demand: float
    status: Literal["published", "draft", "cancelled"] = "published"
    recurrence: str = ""
