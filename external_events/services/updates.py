"""What the provider says of an event that is here already."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Min, Q
from django.utils import timezone

from core import background
from core.errors import ProviderUnavailable, RuleBroken
from events.exceptions import EventNotFound
from events.models import Event
from events.services.events import current, update_event
from events.services.tallies import lock_tally
from external_events.exceptions import ExternalEventNotFound, ProviderNotConfigured
from external_events.models import Import
from external_events.providers import PROVIDERS
from external_events.records import ExternalEvent, Status
from external_events.selectors import events_imported_from
from external_events.services.details import (
    FOLLOWED,
    FindCategory,
    category_finder,
    details_of,
    hash_of,
    plain,
)
from external_events.services.duplicates import note_duplicates
from external_events.services.finding import ask_for
from external_events.services.importing import FETCH_BANNERS
from external_events.services.looking import next_look_after
from external_events.services.shares import Caller

logger = structlog.get_logger(__name__)

# So many a time, every few minutes: less than half of a day's quota, whatever was imported.
LOOKS_AT_A_TIME = 8
_PLACE = {"latitude", "longitude"}
# The fields by which possible duplicates are found.
_IDENTITY = {"title", "location", "start_time", *_PLACE}
_CLAIM = timedelta(minutes=10)
_LOOK_FOR_GONE = timedelta(days=7)


class Outcome(StrEnum):
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    CANCELLED = "cancelled"


@transaction.atomic
def follow(*, event_id: int, record: ExternalEvent, find_category: FindCategory) -> Outcome:
    """Bring an imported event up to what its provider says now.

    What was edited here stays: a field is overwritten only while it says what was last written
    from the provider. What it cancels is cancelled, what it moves is moved, and whoever answered
    is told, as of any event. Nothing is done to an event that has ended or is cancelled; one that
    was postponed has not ended, whatever its old date is. An event that its owner published again
    after the provider cancelled it stays published until the provider says something else.
    Raises EventNotFound.
    """
    lock_tally(event_id)
    event = current(event_id)
    imported = Import.objects.get(event_id=event_id)
    now = timezone.now()
    outcome = Outcome.UNCHANGED
    is_to_come = not event.is_over(now) or event.is_postponed
    if is_to_come and not event.is_cancelled:
        if record.status is Status.CANCELLED:
            if event.external_status != Status.CANCELLED.value:
                outcome = _call_off(event, record)
        elif changes := _changes(event, imported, record, find_category, now):
            event = update_event(event_id=event_id, changes=changes)
            if _IDENTITY & set(changes):
                note_duplicates(event)
            outcome = Outcome.UPDATED
    _remember(event, imported, record, now)
    return outcome


def _call_off(event: Event, record: ExternalEvent) -> Outcome:
    changes = {"external_status": Status.CANCELLED.value}
    if event.status == Event.Status.DRAFT:  # which nobody but its owner has seen
        update_event(event_id=event.pk, changes=changes)
        return Outcome.UPDATED
    name = PROVIDERS[record.provider].title
    changes |= {
        "status": Event.Status.CANCELLED,
        "cancellation_reason": f"{name} says that it is cancelled.",
    }
    update_event(event_id=event.pk, changes=changes)
    return Outcome.CANCELLED


def _changes(
    event: Event,
    imported: Import,
    record: ExternalEvent,
    find_category: FindCategory,
    now: datetime,
) -> dict[str, Any]:
    """What to write; notes in `imported.written` what is the provider's word from now on."""
    told = details_of(record, find_category(record))
    own = own_fields(event, imported)
    if own & _PLACE:
        own |= _PLACE
    # A start that is unknown by now, or past, moves nobody.
    is_moving = told.get("start_time", now) > now and "start_time" not in own
    if not is_moving:
        own |= {"start_time", "end_time", "timezone"}
    if "end_time" in own:
        told.pop("end_time_known", None)
    news = {name: value for name, value in told.items() if name not in own}
    imported.written |= {name: plain(value) for name, value in news.items() if name in FOLLOWED}
    if is_moving and "end_time" in own:
        # An end of one's own says how long it is here: it moves with the start.
        news["end_time"] = told["start_time"] + (event.end_time - event.start_time)
    changes = {name: value for name, value in news.items() if getattr(event, name) != value}
    if "end_time" in changes:  # else it would count as known, as what people write does
        changes["end_time_known"] = told.get("end_time_known", event.end_time_known)
    return changes


def own_fields(event: Event, imported: Import) -> set[str]:
    """What was edited here since it was last written from the provider, or given at the import."""
    return {
        name
        for name in FOLLOWED
        if name not in imported.written or plain(getattr(event, name)) != imported.written[name]
    }


def _remember(event: Event, imported: Import, record: ExternalEvent, now: datetime) -> None:
    # Not the banner's where it stays: who fetches it may claim it now.
    fields = ["written", "image", "record_hash", "seen_at", "is_gone", "next_look_at"]
    if record.image and record.image != imported.image and banner_follows(event, imported):
        imported.banner, imported.banner_attempts = Import.Banner.DUE, 0
        imported.banner_due_at, imported.banner_error = now, ""
        fields += ["banner", "banner_attempts", "banner_due_at", "banner_error"]
        background.nudge_on_commit(FETCH_BANNERS)
    imported.image = record.image
    imported.record_hash = hash_of(record)
    imported.seen_at, imported.is_gone = now, False
    imported.next_look_at = next_look_after(now, event.start_time)
    imported.save(update_fields=fields)


def banner_follows(event: Event, imported: Import) -> bool:
    """Whether the provider's picture may become, or stay, the event's banner."""
    return event.banner == imported.written.get("banner", "") and not event.is_cancelled


def look_at_due(*, for_s: float) -> int:
    """Ask for imported events that no standing import has shown for a while; answers how many.

    Of each provider's `LOOKS_AT_A_TIME` of those that are to come, soonest due first: one that is
    away or slow holds up its own alone. It is asked once, its others are due again in some
    minutes. Begins none after `for_s` seconds. Safe to run twice at once.
    """
    find_category = category_finder()
    each_s = for_s / len(PROVIDERS)
    return sum(_look_at_due_of(name, find_category, for_s=each_s) for name in PROVIDERS)


def _look_at_due_of(provider: str, find_category: FindCategory, *, for_s: float) -> int:
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
    for external_id in list(ids[:LOOKS_AT_A_TIME]):
        if time.monotonic() > until:
            break
        copies = list(due.filter(event__external_event_id=external_id).values_list("pk", flat=True))
        # No join in the update, so that the second of two workers checks the row again and skips
        # it.
        claimed = Import.objects.filter(pk__in=copies, next_look_at__lte=now)
        if not claimed.update(next_look_at=now + _CLAIM):
            continue
        try:
            ask = partial(PROVIDERS[provider].get, external_id)
            _look_at(provider, external_id, find_category, ask)
        except (ProviderUnavailable, ProviderNotConfigured) as error:
            logger.info("imported_events_not_looked_at", provider=provider, error=str(error))
            break
        count += 1
    return count


def look_at(*, event_id: int, caller: Caller) -> Outcome | None:
    """Look an imported event up now; return None if the provider no longer lists it.

    Other imports of the same event of the provider are updated, too. Raises EventNotFound,
    ProviderShareUsedUp, ProviderNotConfigured and ProviderUnavailable, and the errors of `follow`.
    """
    event = Event.objects.alive().filter(pk=event_id, imported__isnull=False).first()
    if event is None:
        raise EventNotFound
    provider, external_id = event.external_provider, event.external_event_id
    ask = partial(ask_for, PROVIDERS[provider], external_id, caller=caller)
    outcomes = _look_at(provider, external_id, category_finder(), ask)
    if outcomes is None:
        return None
    outcome = outcomes.get(event_id)
    if outcome is None:  # deleted meanwhile
        raise EventNotFound
    if isinstance(outcome, RuleBroken):
        raise outcome
    return outcome


def _look_at(
    provider: str,
    external_id: str,
    find_category: FindCategory,
    ask: Callable[[], ExternalEvent],
) -> dict[int, Outcome | RuleBroken] | None:
    """Return the outcome for each import by its id; None if the provider no longer lists it."""
    copies = Import.objects.filter(event__in=events_imported_from(provider, external_id))
    ids = list(copies.order_by("pk").values_list("pk", flat=True))
    try:
        record = ask()
    except ExternalEventNotFound:
        # Providers drop what is over or moved to another id, too: no reason to send people home.
        Import.objects.filter(pk__in=ids).update(
            is_gone=True, next_look_at=timezone.now() + _LOOK_FOR_GONE
        )
        return None
    outcomes: dict[int, Outcome | RuleBroken] = {}
    for event_id in ids:
        try:
            outcomes[event_id] = follow(
                event_id=event_id, record=record, find_category=find_category
            )
        except RuleBroken as error:  # such as one that was deleted meanwhile; the others continue
            logger.warning("imported_event_not_followed", event_id=event_id, error=str(error))
            outcomes[event_id] = error
    return outcomes
