"""Import a provider's event: once for each organizer, and once for standing imports."""

from datetime import datetime, timedelta
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
from external_events.providers import get_provider
from external_events.records import ExternalEvent, Status
from external_events.selectors import event_imported_from
from external_events.services import event_fields
from external_events.services.duplicates import save_duplicates
from external_events.services.quotas import Caller
from external_events.services.search import fetch_event

FETCH_BANNERS = "external_events.tasks.fetch_banners"
# Events are looked up more often in the two days before the start, when people plan their way.
SOON = timedelta(days=2)
LOOK_SOON_AFTER, LOOK_AFTER = timedelta(hours=3), timedelta(days=1)


def import_event(
    *, provider: str, external_id: str, organizer: User, overrides: dict[str, Any], caller: Caller
) -> tuple[Event, bool]:
    """Return the organizer's own import of that id, and whether it is new.

    Imports by other organizers do not matter: the facts are the provider's. `overrides` are
    fields of an event; times without an offset are read in its time zone. They apply to a new
    event only. Calling this twice is safe, also simultaneously: a unique constraint permits one.
    Raises BadValue (an unknown provider; `start_time` `required` if the provider has none; as
    `create_event` does), ExternalEventNotFound, ExternalEventCancelled,
    ProviderShareUsedUp, ProviderNotConfigured and ProviderUnavailable.
    """
    source = get_provider(provider)
    event = event_imported_from(provider, external_id, organizer=organizer)
    if event is not None:
        return event, False
    return import_record(
        fetch_event(source, external_id, caller=caller),
        organizer=organizer,
        find_category=event_fields.category_finder(),
        overrides=overrides,
    )


def import_record(
    record: ExternalEvent,
    *,
    organizer: User | None,
    find_category: event_fields.FindCategory,
    overrides: dict[str, Any] | None = None,
    subscription: Subscription | None = None,
) -> tuple[Event, bool]:
    """Return the event of the record for that organizer, and whether it is new.

    An import by a subscription, or for no organizer, makes the primary event. Raises as
    `import_event` does.
    """
    facts = _facts(record, find_category)
    overrides = _parse_times(overrides or {}, facts["timezone"])
    is_primary = subscription is not None or organizer is None
    details = _with_end(record, facts, overrides) | {"external_is_primary": is_primary}
    try:
        with transaction.atomic():
            event = create_event(
                organizer=organizer, details=details, is_counted=subscription is None
            )
            _create_import(event, record, facts, overrides, subscription)
            save_duplicates(event)
    except IntegrityError:
        # Imported at the same moment. Any other violation is an error.
        source = (record.provider, record.external_id)
        other = event_imported_from(*source, organizer=organizer)
        if other is None and is_primary:
            other = event_imported_from(*source, organizer=None)
        if other is None:
            raise
        return other, False
    return event, True


def preview(record: ExternalEvent, find_category: event_fields.FindCategory) -> Event:
    """Return the unsaved event that an import would create. Raises as `import_record` does."""
    event = Event(**_with_end(record, _facts(record, find_category), overrides={}))
    check_new(event)
    return event


def next_look_after(now: datetime, start_time: datetime) -> datetime:
    """Return when to look up an imported event again."""
    return now + (LOOK_SOON_AFTER if now < start_time < now + SOON else LOOK_AFTER)


def _facts(record: ExternalEvent, find_category: event_fields.FindCategory) -> dict[str, Any]:
    if record.status is Status.CANCELLED:
        raise ExternalEventCancelled
    return event_fields.fields_of(record, find_category(record)) | {
        "external_provider": record.provider,
        "external_event_id": record.external_id,
    }


def _parse_times(overrides: dict[str, Any], zone: str) -> dict[str, Any]:
    event_zone = ZoneInfo(overrides.get("timezone") or zone)
    is_all_day = overrides.get("is_all_day", False)
    return overrides | times_in(overrides, event_zone, is_all_day=is_all_day)


def _with_end(
    record: ExternalEvent, facts: dict[str, Any], overrides: dict[str, Any]
) -> dict[str, Any]:
    """Return the fields of the event, with an end that fits the start.

    An all-day event needs no hour: the provider's day is enough.
    """
    details = facts | overrides
    if overrides.get("is_all_day") and record.local_date is not None:
        details.setdefault("start_time", record.local_date)
    if "start_time" not in details:
        message = "The provider does not know when this event starts. Send a start_time."
        raise BadValue("start_time", "required", message)
    if "end_time" in overrides:
        return details | {"end_time_known": True}
    if "start_time" in facts and "start_time" not in overrides:
        is_end_guessed = not (record.end_time or record.last_date)
        if overrides.get("is_all_day") and is_end_guessed and record.local_date:
            # The usual length may pass midnight, which does not make it a second day.
            details["end_time"] = record.local_date
        return details
    start = details["start_time"]
    if record.start_time is not None and record.end_time is not None:
        # The same length from another start.
        length = record.end_time - record.start_time
        return details | {"end_time": start + length, "end_time_known": True}
    end = event_fields.expected_end(record, start, details["timezone"])
    return details | {"end_time": end, "end_time_known": False}


def _create_import(
    event: Event,
    record: ExternalEvent,
    facts: dict[str, Any],
    overrides: dict[str, Any],
    subscription: Subscription | None,
) -> None:
    now = timezone.now()
    wants_banner = bool(record.image) and "banner" not in overrides
    # An end that was computed from an overridden start is not the provider's.
    own = {*overrides, *(("end_time",) if "start_time" in overrides else ())}
    written = {
        name: event_fields.json_value(facts[name])
        for name in event_fields.FOLLOWED
        if name in facts and name not in own
    }
    if "banner" in overrides:
        written["banner"] = None  # equals no banner, so that the provider's is never used
    Import.objects.create(
        event=event,
        subscription=subscription,
        written=written,
        record_hash=event_fields.hash_of(record),
        image=record.image,
        banner=Import.Banner.DUE if wants_banner else Import.Banner.NONE,
        banner_due_at=now if wants_banner else None,
        seen_at=now,
        next_look_at=next_look_after(now, event.start_time),
    )
    if wants_banner:
        background.nudge_on_commit(FETCH_BANNERS)
