"""What notifications about events have in common: their data, their texts and their files."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from email import encoders
from email.mime.base import MIMEBase
from functools import cache, lru_cache
from typing import Any, NotRequired, Self, TypedDict
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import BigIntegerField
from icalendar.enums import STATUS

from core import clock
from core.database.statements import Parameter, Statement
from core.ical.entries import METHOD, Entry, calendar, span
from core.links import defang, without_links
from core.text import one_line, shorten
from core.validators import zone_or_utc
from events.ical_files import coordinates, event_uid, event_url
from events.models import Event
from notifications.kinds import Context, SmsBudget
from notifications.models import Notification

_USED_UP_BY_EVENT = "This event has reached its daily limit of SMS."
_USED_UP_BY_ORGANIZER = "This organizer has reached the daily limit of SMS."


class EventData(TypedDict):
    """An event as it was when the notification was written, in plain data."""

    id: int
    title: str
    starts_at: str
    ends_at: str
    timezone: NotRequired[str]
    days: NotRequired[list[str] | None]  # first and last day of an all-day event
    location: NotRequired[str]
    latitude: NotRequired[float | None]
    longitude: NotRequired[float | None]
    sequence: NotRequired[int]
    # Mails look up the name and the contact address: rows of other people could not be erased.
    organizer_id: NotRequired[int | None]
    organizer: NotRequired[str]
    contact_email: NotRequired[str]
    is_gone: NotRequired[bool]  # deleted
    category: NotRequired[str]


def event_data(event: Event) -> EventData:
    return {
        "id": event.pk,
        "title": event.title,
        "starts_at": event.start_time.isoformat(),
        "ends_at": event.end_time.isoformat(),
        "timezone": event.timezone,
        "days": days_of(event),
        "location": event.location,
        "latitude": event.latitude,
        "longitude": event.longitude,
        "sequence": event.sequence,
        "organizer_id": event.created_by_id,
        "is_gone": event.deleted_at is not None,
    }


def days_of(event: Event) -> list[str] | None:
    """Return the first and last day of an all-day event; None for an event with times."""
    return [day.isoformat() for day in event.days] if event.days else None


@dataclass(frozen=True)
class EventTimes:
    """The time of an event on its reader's clock, and on the clock of its location.

    `there` is empty if both clocks show the same.
    """

    day: str
    short: str
    mine: str
    there: str = ""

    @property
    def line(self) -> str:
        return f"{self.mine} (local time: {self.there})" if self.there else self.mine


@dataclass(frozen=True)
class EventFacts:
    """An event as messages show it: text that users wrote is never a clickable link.

    `short_title` and `short_location` are for subjects, SMS and push.
    """

    id: int
    title: str
    short_title: str
    starts_at: datetime
    ends_at: datetime
    zone: ZoneInfo
    days: tuple[date, date] | None
    location: str
    short_location: str
    organizer: str
    category: str
    sequence: int
    is_gone: bool
    coordinates: tuple[float, float] | None

    @classmethod
    def read(cls, data: EventData) -> Self:
        title, location = one_line(data["title"]), one_line(data.get("location") or "")
        days = data.get("days")
        return cls(
            id=int(data["id"]),
            title=defang(title),
            short_title=shorten(without_links(title) or "an event", 80),
            starts_at=datetime.fromisoformat(data["starts_at"]),
            ends_at=datetime.fromisoformat(data["ends_at"]),
            zone=zone_or_utc(data.get("timezone") or "UTC"),
            days=(date.fromisoformat(days[0]), date.fromisoformat(days[1])) if days else None,
            location=defang(location),
            short_location=shorten(without_links(location), 60),
            organizer=defang(one_line(data.get("organizer") or "")),
            category=defang(one_line(data.get("category") or "")),
            sequence=int(data.get("sequence") or 0),
            is_gone=bool(data.get("is_gone")),
            coordinates=coordinates(data.get("latitude"), data.get("longitude")),
        )

    @property
    def url(self) -> str:
        """Return the URL of the event's page; empty if the event was deleted."""
        return "" if self.is_gone else event_url(self.id)

    @property
    def ticket_url(self) -> str:
        """Return the URL of the ticket's page; it contains no code."""
        return f"{self.url}/ticket" if self.url else ""

    def times(self, reader: ZoneInfo) -> EventTimes:
        if self.days is not None:  # the same in every time zone
            short, full = clock.days(*self.days), clock.full_days(*self.days)
            return EventTimes(clock.day(self.days[0]), f"{short}, all day", f"{full}, all day")
        mine, there = self.starts_at.astimezone(reader), self.starts_at.astimezone(self.zone)
        short = clock.written(self.starts_at, reader)
        full = clock.full_span(self.starts_at, self.ends_at, reader)
        if self._clocks_agree(reader):
            return EventTimes(clock.day(mine), short, full)
        other_day = "" if mine.date() == there.date() else f"{clock.day(there)}, "
        return EventTimes(
            clock.day(mine),
            f"{short} ({other_day}{clock.clock(there)} {self.zone})",
            full,
            clock.full_span(self.starts_at, self.ends_at, self.zone),
        )

    def _clocks_agree(self, reader: ZoneInfo) -> bool:
        return all(
            # Without the zones, because aware datetimes compare as instants.
            at.astimezone(reader).replace(tzinfo=None)
            == at.astimezone(self.zone).replace(tzinfo=None)
            for at in (self.starts_at, self.ends_at)
        )


@dataclass(frozen=True)
class EventContext(Context):
    """The data of a notification about one event, or about the first of several dates."""

    event: EventData
    more: int | None = None  # the number of the other dates

    def words(self, zone: ZoneInfo) -> dict[str, Any]:
        return event_words(self.event, zone) | {"more": counted(self.more, "more date")}

    def for_mail(self) -> Self:
        [event] = with_organizers([self.event])
        return replace(self, event=event)

    @property
    def reply_to(self) -> list[str]:
        """Return the contact address of the organizer, if there is one."""
        return list(filter(None, [self.event.get("contact_email")]))

    @property
    def sms_budgets(self) -> list[SmsBudget]:
        of_event, of_organizer = settings.SMS_PER_EVENT_DAY, settings.SMS_PER_ORGANIZER_DAY
        budgets = [SmsBudget("event", self.event["id"], of_event, _USED_UP_BY_EVENT)]
        if organizer_id := self.event.get("organizer_id"):
            budgets += [SmsBudget("organizer", organizer_id, of_organizer, _USED_UP_BY_ORGANIZER)]
        return budgets

    @property
    def is_for_calendar(self) -> bool:
        return True


@dataclass(frozen=True)
class EventsContext(Context):
    """The data of a notification about several events."""

    events: list[EventData]

    def words(self, zone: ZoneInfo) -> dict[str, Any]:
        return {"events": [event_words(event, zone) for event in self.events]}

    def for_mail(self) -> Self:
        return replace(self, events=with_organizers(self.events))


def event_words(data: EventData, zone: ZoneInfo) -> dict[str, Any]:
    """Return the variables of `notifications/event.txt` and `notifications/event.html`."""
    event = EventFacts.read(data)
    return {"event": event, "when": _times(event, zone)}


@lru_cache(maxsize=128)
def _times(event: EventFacts, reader: ZoneInfo) -> EventTimes:
    """Return the times. A crowd reads the same ones, in few time zones."""
    return event.times(reader)


def with_organizers(events: list[EventData]) -> list[EventData]:
    """Return the events with the names and contact addresses of active organizers. One query."""
    ids = {pk for event in events if (pk := event.get("organizer_id"))}
    if not ids:
        return events
    values = {f"id_{position}": pk for position, pk in enumerate(ids)}
    rows = _active_people(len(ids)).rows(**values)
    organizers = {
        pk: (display_name or username, address) for pk, username, display_name, address in rows
    }
    named: list[EventData] = []
    for event in events:
        name, address = organizers.get(event.get("organizer_id") or 0, ("", ""))
        named.append({**event, "organizer": name, "contact_email": address})
    return named


@cache
def _active_people(number: int) -> Statement:
    ids: Any = [Parameter(f"id_{position}", BigIntegerField()) for position in range(number)]
    people = get_user_model().objects.filter(pk__in=ids, is_active=True)
    return Statement.of(people.values_list("pk", "username", "display_name", "contact_email"))


def counted(number: int | None, noun: str) -> str:
    """Return the number with its noun, such as `2 guests`; empty for none."""
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""


def calendar_file(
    notification: Notification, context: EventContext, *, is_cancelled: bool = False
) -> MIMEBase | None:
    """Return the `event.ics` of a mail; None if the message changes nothing in calendars."""
    if not context.is_for_calendar:
        return None
    stamp = notification.created_at.replace(microsecond=0)  # as in the file
    file = ics(EventFacts.read(context.event), stamp, is_cancelled=is_cancelled)
    part = MIMEBase("text", "calendar", charset="utf-8", method=METHOD)
    part.set_payload(file)
    encoders.encode_base64(part)  # line ends and long lines arrive as they were written
    part.add_header("Content-Disposition", "attachment", filename="event.ics")
    return part


@lru_cache(maxsize=32)
def ics(event: EventFacts, stamp: datetime, *, is_cancelled: bool) -> bytes:
    """Return the file. A crowd gets the mails of one change within seconds, with the same file."""
    starts_at, ends_at = span(event.starts_at, event.ends_at, event.days)
    entry = Entry(
        uid=event_uid(event.id),
        sequence=event.sequence,
        stamp=stamp,
        starts_at=starts_at,
        ends_at=ends_at,
        zone=event.zone,
        title=event.title,
        status=STATUS.CANCELLED if is_cancelled else STATUS.CONFIRMED,
        location=event.location,
        coordinates=event.coordinates,
        organizer=event.organizer,
        url=event.url,
    )
    return calendar([entry])
