"""Creation of series and their occurrences.

Lock order: the series first, then the tallies of its events.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from core.errors import BadValue, JustChanged
from events.exceptions import EventCancelled
from events.models import Event, Rating, Series, Tag, Tally
from events.models.series import SHARED_FIELDS
from events.series.rules import horizon_of, local, nothing_left, set_clock, set_exdates, set_rule
from events.services.events import check_new, update_event
from events.services.organizer_role import require_organizer
from events.services.past_events import require_not_past
from events.services.quotas import count_dates, has_room_for
from events.services.ticket_copies import copy_tickets
from events.services.times import read_times

_BATCH = 500


@transaction.atomic
def create_series(
    *,
    organizer: User,
    details: dict[str, Any],
    recurrence_pattern: str,
    exdates: Iterable[date] = (),
    is_counted: bool = True,
) -> Event:
    """Create a series with its occurrences; return the first one.

    The times in `details` are those of the first occurrence, which moves to the rule's next day if
    the rule does not include its day. Rules with an end get all their occurrences, others those of
    the next 12 months. Raises OrganizerRequired, TooManyDates, TooManyOpenEvents and BadValue
    (`unknown_recurrence`, `too_many_occurrences`, `no_occurrences`, `until_before_start`, and those
    of `create_event`).
    """
    require_organizer(organizer)
    details = read_times(details)
    tags = details.pop("tags", [])
    start, end = details.pop("start_time"), details.pop("end_time")
    series = Series(created_by=organizer, **details)
    check_new(_new_event(series, start, end))
    set_clock(series, start, end)
    set_rule(series, recurrence_pattern, first=local(start, series.zone).date())
    set_exdates(series, exdates)
    if series.status == Event.Status.PUBLISHED:
        series.published_at = timezone.now()
    occurrences = _save_new(series, tags, is_counted=is_counted)
    if not occurrences:
        raise nothing_left()
    return occurrences[0]


@transaction.atomic
def make_recurring(
    *, event_id: int, changes: dict[str, Any], recurrence_pattern: str, exdates: Iterable[date] = ()
) -> None:
    """Change a single event, and make it the first occurrence of a new series.

    Raises EventEnded, the errors of `update_event` and `create_series`, and BadValue
    (`not_a_day_of_the_rule`) if the rule does not include the day of the event.
    """
    event = update_event(event_id=event_id, changes=changes)
    require_organizer(event.created_by)
    require_not_past(event, timezone.now())
    if event.series_id is not None:
        raise JustChanged
    if event.is_cancelled:
        raise EventCancelled
    shared = {name: getattr(event, name) for name in SHARED_FIELDS}
    series = Series(max_attendees=event.tally.max_attendees, **shared)
    check_new(event)
    set_clock(series, event.start_time, event.end_time)
    day = local(event.start_time, series.zone).date()
    set_rule(series, recurrence_pattern, first=day)
    set_exdates(series, exdates)
    if series.first_day != day or series.is_excluded(day):
        message = "The rule does not include the day of this event. Move it, or change the rule."
        raise BadValue("recurrence_pattern", "not_a_day_of_the_rule", message)
    _save_new(series, list(event.tags.all()), first=event, day=day)


def _save_new(
    series: Series,
    tags: list[Tag],
    *,
    is_counted: bool = True,
    first: Event | None = None,
    day: date | None = None,
) -> list[Event]:
    """Save a new series with its occurrences; `first` exists already, on `day`."""
    series.save(force_insert=True)
    series.tags.set(tags)
    if first is not None:
        first.series, first.series_day = series, day
        first.sequence += 1
        first.save()
    occurrences = write_out(series, tags, is_counted=is_counted)
    series.save(update_fields=["next_day"])
    return occurrences


def write_out(series: Series, tags: Iterable[Tag], *, is_counted: bool = True) -> list[Event]:
    """Create the missing occurrences up to the horizon, within the quotas of the owner.

    The series must be new or locked. Sets `next_day`, which the caller saves. Raises
    OrganizerRequired, TooManyDates, TooManyOpenEvents and BadValue (`too_many_occurrences`).
    """
    days = _missing_days(series)
    if days:
        require_organizer(series.created_by)
    if is_counted:
        count_dates(series.created_by, len(days))
    return _write_days(series, days, tags)


def catch_up(series: Series, tags: Iterable[Tag]) -> list[Event] | None:
    """Create the missing occurrences up to the horizon; return None if the quota has no room.

    They replace past events, so they do not count as new ones.
    """
    next_day, days = series.next_day, _missing_days(series)
    if not days or has_room_for(series.created_by, len(days)):
        return _write_days(series, days, tags)
    # A series that was cancelled has no next day: the next run starts with the first missing one.
    series.next_day = next_day or days[0]
    return None


def _missing_days(series: Series) -> list[date]:
    """Return the days up to the horizon without an occurrence; set `next_day`."""
    now = timezone.now()
    written = set(series.occurrences.values_list("series_day", flat=True))
    horizon, rule = horizon_of(series), series.recurrence
    series.next_day = None
    missing = []
    for day in rule.days(series.first_day):
        if rule.is_open and day > horizon:
            series.next_day = day
            break
        if day in written or series.is_excluded(day) or series.start_on(day) <= now:
            continue
        missing.append(day)
    return missing


def _write_days(series: Series, days: list[date], tags: Iterable[Tag]) -> list[Event]:
    """Create occurrences, with the ticket types and codes of the latest one so far."""
    latest = series.occurrences.alive().exclude(status=Event.Status.CANCELLED)
    source = latest.order_by("-start_time", "-pk").first() if days else None
    events = [_new_event(series, series.start_on(day), series.end_on(day), day) for day in days]
    Event.objects.bulk_create(events, batch_size=_BATCH)
    for event in events:
        event.tally = Tally(event=event, max_attendees=series.max_attendees)
        event.rating = Rating(event=event)
    Tally.objects.bulk_create([event.tally for event in events], batch_size=_BATCH)
    Rating.objects.bulk_create([event.rating for event in events], batch_size=_BATCH)
    tag_all(events, tags)
    if source:
        copy_tickets(source=source, events=events)
    return events


def tag_all(events: Iterable[Event], tags: Iterable[Tag]) -> None:
    """Add the tags to events without tags."""
    through = Event.tags.through
    rows = [through(event_id=event.pk, tag_id=tag.pk) for event in events for tag in tags]
    through._default_manager.bulk_create(rows, batch_size=_BATCH)


def _new_event(series: Series, start: datetime, end: datetime, day: date | None = None) -> Event:
    return Event(
        series=series if day else None,
        series_day=day,
        start_time=start,
        end_time=end,
        **{name: getattr(series, name) for name in SHARED_FIELDS},
    )
