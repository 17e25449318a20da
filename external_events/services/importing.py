"""Making an event of what a provider tells: once, however many want it at once."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from config import courier
from config.errors import BadValue, RuleBroken
from config.fields import in_zone
from events.models import Event
from events.services.events import check_new, create_event, update_event
from external_events.models import Import, Subscription
from external_events.records import ExternalEvent, Status
from external_events.selectors import event_imported_from
from external_events.services.details import (
    FOLLOWED,
    USUAL_LENGTH,
    FindCategory,
    category_finder,
    details_of,
    hash_of,
    plain,
)
from external_events.services.duplicates import note_duplicates
from external_events.services.finding import look_up, provider_named
from external_events.services.looking import next_look_after

FETCH_BANNERS = "external_events.tasks.fetch_banners"


class ExternalEventCancelled(RuleBroken):
    code = "external_event_cancelled"
    message = "The provider says that this event is cancelled."


class AlreadyImported(RuleBroken):
    code = "already_imported"
    message = "Another organizer prepares this event; it will be seen once it is published."


def import_event(
    *, provider: str, external_id: str, organizer: User, overrides: dict[str, Any]
) -> tuple[Event, bool]:
    """The event of that id at the provider, and whether this call made it.

    `overrides` are fields of an event; times without an offset are read in its time zone. Who
    comes later gets the same event as it is; the overrides of its owner change it. Repeating it
    is safe, also at once: the provider is asked once and the database takes one.

    Raises BadValue (an unknown provider; `start_time` `required` where the provider knows none;
    what `create_event` does), ExternalEventNotFound, ExternalEventCancelled, AlreadyImported,
    ProviderNotConfigured and ProviderUnavailable, and for its owner what `update_event` does.
    """
    asked = provider_named(provider)
    event = event_imported_from(provider, external_id)
    if event is None:
        record = look_up(asked, external_id)
        event, is_new = import_record(
            record, organizer=organizer, find_category=category_finder(), overrides=overrides
        )
        if is_new:
            return event, True
    return _again(event, organizer, overrides), False


def _again(event: Event, organizer: User, overrides: dict[str, Any]) -> Event:
    if event.created_by_id != organizer.pk:
        if event.is_hidden:
            raise AlreadyImported
        return event
    if not overrides:
        return event
    return update_event(event_id=event.pk, changes=_read_times(overrides, event.timezone))


def import_record(
    record: ExternalEvent,
    *,
    organizer: User | None,
    find_category: FindCategory,
    overrides: dict[str, Any] | None = None,
    subscription: Subscription | None = None,
) -> tuple[Event, bool]:
    """The event of the record, and whether this call made it. Raises as `import_event` does."""
    told = _told(record, find_category)
    given = _read_times(overrides or {}, told["timezone"])
    details = _with_end(told | given, told, given)
    try:
        with transaction.atomic():
            event = create_event(organizer=organizer, details=details)
            _remember(event, record, told, given, subscription)
            note_duplicates(event)
    except IntegrityError:
        # Somebody was faster; what else the database refuses is ours to hear of.
        other = event_imported_from(record.provider, record.external_id)
        if other is None:
            raise
        return other, False
    return event, True


def preview(record: ExternalEvent, find_category: FindCategory) -> Event:
    """The event that would come of the record; nothing is written. Raises as `import_record`."""
    told = _told(record, find_category)
    event = Event(**_with_end(told, told, given={}))
    check_new(event)
    return event


def _told(record: ExternalEvent, find_category: FindCategory) -> dict[str, Any]:
    if record.status is Status.CANCELLED:
        raise ExternalEventCancelled
    return details_of(record, find_category(record)) | {
        "external_provider": record.provider,
        "external_event_id": record.external_id,
    }


def _read_times(overrides: dict[str, Any], zone: str) -> dict[str, Any]:
    read_in = ZoneInfo(overrides.get("timezone") or zone)
    return {
        name: in_zone(value, read_in) if isinstance(value, datetime) else value
        for name, value in overrides.items()
    }


def _with_end(
    details: dict[str, Any], told: dict[str, Any], given: dict[str, Any]
) -> dict[str, Any]:
    if "start_time" not in details:
        raise BadValue("start_time", "required", "The provider does not know the start: give one.")
    if "end_time" in given:
        return details | {"end_time_known": True}
    if "start_time" in given:
        # As long as there, from another start.
        length = told["end_time"] - told["start_time"] if "end_time" in told else USUAL_LENGTH
        is_known = told.get("end_time_known", False)
        return details | {
            "end_time": given["start_time"] + length,
            "end_time_known": is_known,
        }
    return details


def _remember(
    event: Event,
    record: ExternalEvent,
    told: dict[str, Any],
    given: dict[str, Any],
    subscription: Subscription | None,
) -> None:
    now = timezone.now()
    wants_banner = bool(record.image) and "banner" not in given
    # An end that follows from a start that was given is not the provider's word.
    own = {*given, *(("end_time",) if "start_time" in given else ())}
    written = {name: plain(told[name]) for name in FOLLOWED if name in told and name not in own}
    if "banner" in given:
        written["banner"] = None  # whatever the event shows, it is not the provider's
    Import.objects.create(
        event=event,
        subscription=subscription,
        written=written,
        record_hash=hash_of(record),
        image=record.image,
        banner=Import.Banner.DUE if wants_banner else Import.Banner.NONE,
        banner_due_at=now if wants_banner else None,
        seen_at=now,
        next_look_at=next_look_after(now, event.start_time),
    )
    if wants_banner:
        courier.nudge_on_commit(FETCH_BANNERS)
