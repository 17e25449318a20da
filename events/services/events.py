"""Writes on a single event."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from core.errors import BadValue
from events.all_day import CLOCK
from events.exceptions import (
    DraftStarted,
    EventCancelled,
    EventNotFound,
    EventNotPublished,
    EventPublished,
    TooLateToReinstate,
)
from events.models import Event, Rating, Series, Tally
from events.services import banners
from events.services.organizer_role import check_owner, require_organizer
from events.services.past_events import check_past_event, require_not_past
from events.services.quotas import count_dates, count_reinstatement
from events.services.tallies import lock_tally
from events.services.times import read_times
from events.signals import (
    capacity_changed,
    event_cancelled,
    event_deleted,
    event_moved,
    event_postponed,
    event_reinstated,
)

# A change of one of these is announced to attendees.
WHEN_AND_WHERE = {"start_time", "end_time", "location"}
# Included in an announcement, but a change of the last two alone is not announced.
ANNOUNCED = WHEN_AND_WHERE | {"timezone", "is_all_day"}
CALENDAR_FIELDS = ANNOUNCED | {"title", "status", "external_status"}
# A series is published and cancelled as a whole. Only an occurrence that was cancelled alone has
# "status" among its own fields, so that it stays cancelled if the series is published again.
_NEVER_OWN = {"status", "cancellation_reason"}
_PLACE = {"latitude", "longitude"}  # a latitude of the series with an own longitude is wrong


@transaction.atomic
def create_event(
    *, organizer: User | None, details: dict[str, Any], is_counted: bool = True
) -> Event:
    """Create an event with its tally and rating.

    Without an organizer, only admins can edit it. With `is_counted` it counts for the quotas of the
    organizer. Raises BadValue, OrganizerRequired, TooManyDates and TooManyOpenEvents.
    """
    require_organizer(organizer)
    details = read_times(details)
    tags = details.pop("tags", [])
    max_attendees = details.pop("max_attendees", None)
    event = Event(created_by=organizer, **details)
    check_new(event)
    if is_counted:
        count_dates(organizer, 1)
    if event.status == Event.Status.PUBLISHED:
        event.published_at = timezone.now()
    event.save(force_insert=True)
    event.tally = Tally.objects.create(event=event, max_attendees=max_attendees)
    event.rating = Rating.objects.create(event=event)
    event.tags.set(tags)
    return event


def check_new(event: Event) -> None:
    """Raise the same BadValue as `create_event`."""
    _check_start(event, timezone.now())
    _check_shape(event)


@transaction.atomic
def update_event(*, event_id: int, changes: dict[str, Any]) -> Event:
    """Change an event; fields that are not in `changes` keep their values.

    A new start without an end keeps the length. More seats or a later start promote waiting
    parties. `status: published` reverts a cancellation. Raises EventNotFound, EventEnded,
    EventCancelled, EventPublished, EventNotPublished, EventStarted, TooLateToReinstate,
    OrganizerRequired, TooManyOpenEvents, TooManyTries and BadValue (`capacity_below_attendance`,
    `start_in_past`, `end_before_start`).
    """
    tally = lock_tally(event_id)
    event = get_event(event_id)
    is_end_given = "end_time" in changes
    changes = read_times(changes, event=event)
    check_changes(event=event, tally=tally, changes=changes)
    check_owner(event=event, changes=changes, now=timezone.now())
    is_reinstated = is_published_again(event, changes)
    if is_reinstated:
        count_reinstatement(event.created_by, key=f"event-{event.pk}", number=1)
        changes["cancellation_reason"] = ""

    tags = changes.pop("tags", None)
    limit = changes.pop("max_attendees", tally.max_attendees)
    if is_end_given and changes["end_time"] != event.end_time:
        changes.setdefault("end_time_known", True)
    before = {name: old for name in changes if (old := getattr(event, name)) != changes[name]}
    for name in before:
        setattr(event, name, changes[name])
    edited = set(before)
    if tags is not None and set(tags) != set(event.tags.all()):
        event.tags.set(tags)
        edited.add("tags")
    if limit != tally.max_attendees:
        edited.add("max_attendees")
    if edited:
        written = [*before, *_keep_records(event, edited), "end_pulled_in_at", "updated_at"]
        note_earlier_end(event, before)
        event.save(update_fields=written)
    event.tally = tally

    if "banner" in before:
        banners.release(before["banner"])
    if limit != tally.max_attendees:
        limit_before, tally.max_attendees = tally.max_attendees, limit
        tally.save(update_fields=["max_attendees"])
        capacity_changed.send(sender=Event, resized=[(event, tally, limit_before)])
    moved = {name: old for name, old in before.items() if name in ANNOUNCED}
    if is_reinstated:
        event_reinstated.send(sender=Event, event=event, tally=tally, before=moved)
    elif WHEN_AND_WHERE & set(before):
        event_moved.send(sender=Event, event=event, tally=tally, before=moved)
    elif event.is_postponed and "external_status" in before:
        event_postponed.send(sender=Event, event=event)
    if "status" in before and event.is_cancelled:
        event_cancelled.send(sender=Event, event=event)
    return event


def note_earlier_end(event: Event, before: Mapping[str, Any]) -> None:
    """Set `end_pulled_in_at` if the end moved to an earlier time, which delays reviews.

    `before` has the old values of the changed fields. The caller saves the event. Nothing is set if
    the event is over already, because otherwise edits could keep its reviews closed.
    """
    now = timezone.now()
    if max(event.end_time, now) < before.get("end_time", now):
        event.end_pulled_in_at = now


def _keep_records(event: Event, edited: set[str]) -> list[str]:
    """Set the bookkeeping fields of a change; return their names."""
    written = []
    if event.is_recurring and edited - _NEVER_OWN:
        own = edited | _PLACE if _PLACE & edited else edited
        own = own | CLOCK if "is_all_day" in edited else own
        event.own_fields = sorted({*event.own_fields, *(own - _NEVER_OWN)})
        written.append("own_fields")
    if event.is_recurring and "status" in edited:
        is_own = {"status"} if event.is_cancelled else set()
        event.own_fields = sorted({*event.own_fields} - {"status"} | is_own)
        written.append("own_fields")
    if CALENDAR_FIELDS & edited:
        event.sequence += 1
        written.append("sequence")
    if event.status == Event.Status.PUBLISHED and event.published_at is None:
        event.published_at = timezone.now()
        written.append("published_at")
    return written


def check_changes(*, event: Event, tally: Tally, changes: dict[str, Any]) -> None:
    """Raise the same errors as `update_event`. The tally must be locked."""
    now = timezone.now()
    check_past_event(event=event, tally=tally, changes=changes, now=now)
    status = changes.get("status", event.status)
    if is_published_again(event, changes):
        if event.has_started(now):
            raise TooLateToReinstate
    elif event.is_cancelled and not _is_unchanged(event, tally, changes):
        raise EventCancelled
    reason = changes.get("cancellation_reason")
    # An unchanged reason is allowed; reverting the cancellation removes it.
    if reason and status != Event.Status.CANCELLED and reason != event.cancellation_reason:
        raise BadValue(
            "cancellation_reason",
            "event_not_cancelled",
            "The event is not cancelled. Send the reason with `status: cancelled`.",
        )
    if status == Event.Status.CANCELLED and event.status == Event.Status.DRAFT:
        raise EventNotPublished
    if status == Event.Status.DRAFT and event.status == Event.Status.PUBLISHED:
        raise EventPublished

    shape = ("start_time", "end_time", "latitude", "longitude")
    after = Event(**{name: changes.get(name, getattr(event, name)) for name in shape})
    _check_shape(after)
    if after.start_time != event.start_time:
        _check_start(after, now)
    elif status == Event.Status.PUBLISHED != event.status and event.has_started(now):
        raise DraftStarted

    limit = changes.get("max_attendees", tally.max_attendees)
    if limit is not None and limit < tally.taken:
        raise BadValue(
            "max_attendees",
            "capacity_below_attendance",
            f"{tally.taken} seats are taken. Send a limit that is not lower.",
        )


def _is_unchanged(event: Event, tally: Tally, changes: dict[str, Any]) -> bool:
    """Return whether the event already has all the values."""
    values = dict(changes)
    tags = values.pop("tags", None)
    limit = values.pop("max_attendees", tally.max_attendees)
    return (
        limit == tally.max_attendees
        and all(getattr(event, name) == value for name, value in values.items())
        and (tags is None or set(tags) == set(event.tags.all()))
    )


def is_published_again(row: Event | Series, changes: Mapping[str, Any]) -> bool:
    """Return whether the changes revert the cancellation of an event or series."""
    is_cancelled = row.status == Event.Status.CANCELLED
    return is_cancelled and changes.get("status") == Event.Status.PUBLISHED


def publish_event(*, event_id: int) -> Event:
    """Publish a draft, or revert a cancellation. Raises the errors of `update_event`."""
    return update_event(event_id=event_id, changes={"status": Event.Status.PUBLISHED})


def cancel_event(*, event_id: int, reason: str = "") -> Event:
    """Cancel an event; its RSVPs are kept. Cancelling it again is no error.

    Raises the errors of `update_event`.
    """
    changes = {"status": Event.Status.CANCELLED} | (
        {"cancellation_reason": reason} if reason else {}
    )
    return update_event(event_id=event_id, changes=changes)


@transaction.atomic
def delete_event(*, event_id: int) -> None:
    """Hide an event from the API; its rows are kept. Raises EventNotFound and EventEnded."""
    lock_tally(event_id)
    event = get_event(event_id)
    require_not_past(event, timezone.now())
    event.deleted_at = timezone.now()
    event.sequence += 1
    event.series_day = None
    event.save(update_fields=["deleted_at", "sequence", "series_day", "updated_at"])
    event_deleted.send(sender=Event, event=event)


def get_event(event_id: int) -> Event:
    """Read an event; call this after locking its tally. Raises EventNotFound."""
    events = Event.objects.alive().select_related("category", "created_by", "series")
    try:
        return events.get(pk=event_id)
    except Event.DoesNotExist as error:
        raise EventNotFound from error


def _check_start(event: Event, now: datetime) -> None:
    if event.has_started(now):
        raise BadValue("start_time", "start_in_past", "The start is in the past. Send a later one.")


def _check_shape(event: Event) -> None:
    if event.end_time <= event.start_time:
        raise BadValue(
            "end_time", "end_before_start", "The end is not after the start. Send a later end."
        )
    if (event.latitude is None) != (event.longitude is None):
        missing = "latitude" if event.latitude is None else "longitude"
        raise BadValue(missing, "coordinates_incomplete", "Send both coordinates or neither.")
