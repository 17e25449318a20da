"""Import a provider's event: once for each organizer, and once for standing imports."""

from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from core import background
from core.errors import BadValue
from events.models import Event
from events.serializers.times import times_in
from events.services.events import check_new, create_event
from external_events.exceptions import ExternalEventCancelled
from external_events.models import Import, Subscription
from external_events.records import ExternalEvent, Status
from external_events.selectors import event_imported_from
from external_events.services.details import (
    FOLLOWED,
    FindCategory,
    category_finder,
    details_of,
    expected_end,
    hash_of,
    plain,
)
from external_events.services.duplicates import note_duplicates
from external_events.services.finding import look_up, provider_named
from external_events.services.looking import next_look_after
from external_events.services.shares import Caller

FETCH_BANNERS = "external_events.tasks.fetch_banners"


def import_event(
    *,
    provider: str,
    external_id: str,
    organizer: User,
    overrides: dict[str, Any],
    caller: Caller,
) -> tuple[Event, bool]:
    """Return the organizer's own import of that id, and whether it is new.

    Imports by other organizers do not matter: the facts are the provider's. `overrides` are
    fields of an event; times without an offset are read in its time zone. They apply to a new
    event only. Calling this twice is safe, also simultaneously: a unique constraint permits one.
    Raises BadValue (an unknown provider; `start_time` `required` if the provider has none; as
    `create_event` does), ExternalEventNotFound, ExternalEventCancelled,
    ProviderShareUsedUp, ProviderNotConfigured and ProviderUnavailable.
    """
    asked = provider_named(provider)
    event = event_imported_from(provider, external_id, organizer=organizer)
    if event is not None:
        return event, False
    return import_record(
        look_up(asked, external_id, caller=caller),
        organizer=organizer,
        find_category=category_finder(),
        overrides=overrides,
    )


def import_record(
    record: ExternalEvent,
    *,
    organizer: User | None,
    find_category: FindCategory,
    overrides: dict[str, Any] | None = None,
    subscription: Subscription | None = None,
) -> tuple[Event, bool]:
    """Return the event of the record for that organizer, and whether it is new.

    An import by a subscription, or for no organizer, makes the primary event. Raises as
    `import_event` does.
    """
    told = _told(record, find_category)
    given = _read_times(overrides or {}, told["timezone"])
    is_primary = subscription is not None or organizer is None
    details = _with_end(record, told, given) | {"external_is_primary": is_primary}
    try:
        with transaction.atomic():
            event = create_event(
                organizer=organizer, details=details, is_counted=subscription is None
            )
            _remember(event, record, told, given, subscription)
            note_duplicates(event)
    except IntegrityError:
        # Imported at the same moment. Any other violation is an error.
        same = (record.provider, record.external_id)
        other = event_imported_from(*same, organizer=organizer)
        if other is None and is_primary:
            other = event_imported_from(*same, organizer=None)
        if other is None:
            raise
        return other, False
    return event, True


def preview(record: ExternalEvent, find_category: FindCategory) -> Event:
    """The event that would come of the record; nothing is written. Raises as `import_record`."""
    event = Event(**_with_end(record, _told(record, find_category), given={}))
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
    is_all_day = overrides.get("is_all_day", False)
    return overrides | times_in(overrides, read_in, is_all_day=is_all_day)


def _with_end(record: ExternalEvent, told: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of the event with an end that fits a start that was given.

    An all-day event needs no hour: the provider's day is enough.
    """
    details = told | given
    if given.get("is_all_day") and record.local_date is not None:
        details.setdefault("start_time", record.local_date)
    if "start_time" not in details:
        raise BadValue("start_time", "required", "The provider does not know the start: give one.")
    if "end_time" in given:
        return details | {"end_time_known": True}
    if "start_time" in told and "start_time" not in given:
        is_end_guessed = not (record.end_time or record.last_date)
        if given.get("is_all_day") and is_end_guessed and record.local_date:
            # The usual length may pass midnight, and is no reason for a second day.
            details["end_time"] = record.local_date
        return details
    start = details["start_time"]
    if record.start_time is not None and record.end_time is not None:
        # As long as there, from another start.
        length = record.end_time - record.start_time
        return details | {"end_time": start + length, "end_time_known": True}
    end = expected_end(record, start, details["timezone"])
    return details | {"end_time": end, "end_time_known": False}


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
        background.nudge_on_commit(FETCH_BANNERS)
