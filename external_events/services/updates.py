"""Update imported events from their providers."""

import time
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Min, Q
from django.utils import timezone

from core import background
from core.errors import ProviderUnavailable, RuleBroken
from events.exceptions import EventNotFound
from events.models import Event
from events.services.events import get_event, update_event
from events.services.tallies import lock_tally
from external_events.exceptions import ExternalEventNotFound, ProviderNotConfigured
from external_events.models import Import
from external_events.providers import PROVIDERS
from external_events.records import ExternalEvent, Status
from external_events.selectors import events_imported_from
from external_events.services import event_fields
from external_events.services.duplicates import save_duplicates
from external_events.services.imports import FETCH_BANNERS, next_look_after
from external_events.services.quotas import Caller
from external_events.services.search import fetch_current_event

logger = structlog.get_logger(__name__)

# Lookups of one provider in one run of the task, every five minutes: less than half of a daily
# quota, however many events are imported.
LOOKUPS_PER_PROVIDER = 8
_PLACE = {"latitude", "longitude"}
# The fields by which possible duplicates are found.
_IDENTITY = {"title", "location", "start_time", *_PLACE}
_CLAIM = timedelta(minutes=10)
_LOOK_FOR_GONE_AFTER = timedelta(days=7)


class Outcome(StrEnum):
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    CANCELLED = "cancelled"


@transaction.atomic
def apply_record(
    *, event_id: int, record: ExternalEvent, find_category: event_fields.FindCategory
) -> Outcome:
    """Update an imported event to the provider's current facts.

    A field is overwritten only while it has the value last written from the provider: edits made
    here stay. Cancellations and new times notify people as for any event. Events that are over or
    cancelled do not change; a postponed event is not over, whatever its old date. An event that
    its owner published again after the provider cancelled it stays published until the provider's
    status changes. Raises EventNotFound.
    """
    lock_tally(event_id)
    event = get_event(event_id)
    imported = Import.objects.get(event_id=event_id)
    now = timezone.now()
    outcome = Outcome.UNCHANGED
    is_upcoming = not event.is_over(now) or event.is_postponed
    if is_upcoming and not event.is_cancelled:
        if record.status is Status.CANCELLED:
            if event.external_status != Status.CANCELLED.value:
                outcome = _cancel(event, record)
        elif changes := _changes(event, imported, record, find_category, now):
            event = update_event(event_id=event_id, changes=changes)
            if _IDENTITY & set(changes):
                save_duplicates(event)
            outcome = Outcome.UPDATED
    _save_import(event, imported, record, now)
    return outcome


def _cancel(event: Event, record: ExternalEvent) -> Outcome:
    changes = {"external_status": Status.CANCELLED.value}
    if event.status == Event.Status.DRAFT:  # only its owner has seen it
        update_event(event_id=event.pk, changes=changes)
        return Outcome.UPDATED
    provider = PROVIDERS[record.provider].title
    changes |= {
        "status": Event.Status.CANCELLED,
        "cancellation_reason": f"{provider} says that it is cancelled.",
    }
    update_event(event_id=event.pk, changes=changes)
    return Outcome.CANCELLED


def _changes(
    event: Event,
    imported: Import,
    record: ExternalEvent,
    find_category: event_fields.FindCategory,
    now: datetime,
) -> dict[str, Any]:
    """Return the changes to write, and note the provider's values in `imported.written`."""
    facts = event_fields.fields_of(record, find_category(record))
    own = edited_fields(event, imported)
    if own & _PLACE:
        own |= _PLACE
    # An unknown or past start moves nothing.
    is_moving = facts.get("start_time", now) > now and "start_time" not in own
    if not is_moving:
        own |= {"start_time", "end_time", "timezone"}
    if "end_time" in own:
        facts.pop("end_time_known", None)
    values = {name: value for name, value in facts.items() if name not in own}
    imported.written |= {
        name: event_fields.json_value(value)
        for name, value in values.items()
        if name in event_fields.FOLLOWED
    }
    if is_moving and "end_time" in own:
        # The organizer's end keeps its distance to the start.
        values["end_time"] = facts["start_time"] + (event.end_time - event.start_time)
    changes = {name: value for name, value in values.items() if getattr(event, name) != value}
    if "end_time" in changes:  # otherwise it would count as known, as for edits by people
        changes["end_time_known"] = facts.get("end_time_known", event.end_time_known)
    return changes


def edited_fields(event: Event, imported: Import) -> set[str]:
    """Return the fields that were edited here, or given with the import."""
    return {
        name
        for name in event_fields.FOLLOWED
        if name not in imported.written
        or event_fields.json_value(getattr(event, name)) != imported.written[name]
    }


def _save_import(event: Event, imported: Import, record: ExternalEvent, now: datetime) -> None:
    # Without the fields of an unchanged banner: a task that fetches it may claim it now.
    fields = ["written", "image", "record_hash", "seen_at", "is_gone", "next_look_at"]
    if record.image and record.image != imported.image and banner_follows(event, imported):
        imported.banner, imported.banner_attempts = Import.Banner.DUE, 0
        imported.banner_due_at, imported.banner_error = now, ""
        fields += ["banner", "banner_attempts", "banner_due_at", "banner_error"]
        background.nudge_on_commit(FETCH_BANNERS)
    imported.image = record.image
    imported.record_hash = event_fields.hash_of(record)
    imported.seen_at, imported.is_gone = now, False
    imported.next_look_at = next_look_after(now, event.start_time)
    imported.save(update_fields=fields)


def banner_follows(event: Event, imported: Import) -> bool:
    """Return whether the provider's picture may become, or stay, the event's banner."""
    return event.banner == imported.written.get("banner", "") and not event.is_cancelled


def update_due_events(*, for_s: float) -> int:
    """Look up events that no standing import has returned for a while; return how many.

    At most LOOKUPS_PER_PROVIDER upcoming events of each provider, the longest due first. Each
    provider has an equal part of `for_s` seconds, so that a slow one delays only its own events;
    after a failed request its other events wait for the next run. Safe to run twice at once.
    """
    find_category = event_fields.category_finder()
    each_s = for_s / len(PROVIDERS)
    return sum(_update_due_of(name, find_category, for_s=each_s) for name in PROVIDERS)


def _update_due_of(provider: str, find_category: event_fields.FindCategory, *, for_s: float) -> int:
    until = time.monotonic() + for_s
    now = timezone.now()
    due = Import.objects.filter(
        Q(event__start_time__gt=now) | Q(event__external_status=Status.POSTPONED),
        next_look_at__lte=now,
        event__external_provider=provider,
        event__deleted_at=None,
        event__status__in=[Event.Status.PUBLISHED, Event.Status.DRAFT],
    )
    count = 0
    # One lookup serves all imports of the same event of the provider.
    soonest = due.values("event__external_event_id").annotate(due_at=Min("next_look_at"))
    ids = soonest.order_by("due_at").values_list("event__external_event_id", flat=True)
    for external_id in list(ids[:LOOKUPS_PER_PROVIDER]):
        if time.monotonic() > until:
            break
        copies = list(due.filter(event__external_event_id=external_id).values_list("pk", flat=True))
        # No join in the update, so that the second of two workers checks the row again and skips
        # it.
        claimed = Import.objects.filter(pk__in=copies, next_look_at__lte=now)
        if not claimed.update(next_look_at=now + _CLAIM):
            continue
        try:
            _update(provider, external_id, find_category, caller=None)
        except (ProviderUnavailable, ProviderNotConfigured) as error:
            logger.info("imported_events_not_looked_at", provider=provider, error=str(error))
            break
        count += 1
    return count


def update_now(*, event_id: int, caller: Caller) -> Outcome | None:
    """Look up an imported event; return None if the provider no longer lists it.

    Other imports of the same event of the provider are updated, too. Raises EventNotFound,
    ProviderShareUsedUp, ProviderNotConfigured and ProviderUnavailable, and the errors of
    `apply_record`.
    """
    event = Event.objects.alive().filter(pk=event_id, imported__isnull=False).first()
    if event is None:
        raise EventNotFound
    source = (event.external_provider, event.external_event_id)
    outcomes = _update(*source, event_fields.category_finder(), caller=caller)
    if outcomes is None:
        return None
    outcome = outcomes.get(event_id)
    if outcome is None:  # deleted in the meantime
        raise EventNotFound
    if isinstance(outcome, RuleBroken):
        raise outcome
    return outcome


def _update(
    provider: str,
    external_id: str,
    find_category: event_fields.FindCategory,
    *,
    caller: Caller | None,
) -> dict[int, Outcome | RuleBroken] | None:
    """Return the outcome for each import by its id; None if the provider no longer lists it."""
    copies = Import.objects.filter(event__in=events_imported_from(provider, external_id))
    ids = list(copies.order_by("pk").values_list("pk", flat=True))
    try:
        record = fetch_current_event(PROVIDERS[provider], external_id, caller=caller)
    except ExternalEventNotFound:
        # Providers also drop events that are over or have a new id: no reason to cancel.
        Import.objects.filter(pk__in=ids).update(
            is_gone=True, next_look_at=timezone.now() + _LOOK_FOR_GONE_AFTER
        )
        return None
    outcomes: dict[int, Outcome | RuleBroken] = {}
    for event_id in ids:
        try:
            outcomes[event_id] = apply_record(
                event_id=event_id, record=record, find_category=find_category
            )
        except RuleBroken as error:  # for example deleted in the meantime; the others continue
            logger.warning("imported_event_not_followed", event_id=event_id, error=str(error))
            outcomes[event_id] = error
    return outcomes
