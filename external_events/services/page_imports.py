"""Import one page of the records that a standing import found."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from core.errors import RuleBroken
from events.models import Event
from external_events.models import Import, Subscription
from external_events.records import ExternalEvent, Status
from external_events.services.duplicates import count_with_duplicates
from external_events.services.event_fields import FindCategory, category_finder, hash_of
from external_events.services.imports import LOOK_AFTER, LOOK_SOON_AFTER, SOON, import_record
from external_events.services.updates import apply_record, banner_follows, edited_fields

logger = structlog.get_logger(__name__)


def import_page(
    records: Sequence[ExternalEvent], *, subscription: Subscription, dry_run: bool
) -> Counter[str]:
    """Import new records, update existing imports, and count by the names of Run's fields.

    Each record counts once, by the event that the subscription reuses. Unchanged records cost no
    query of their own. A dry run writes nothing.
    """
    now = timezone.now()
    imports, deleted = _existing(records, subscription)
    find_category = category_finder()
    counts: Counter[str] = Counter()
    unchanged: list[int] = []
    created: list[int] = []
    for record in records:
        rows, record_hash = imports[record.external_id], hash_of(record)
        reused = _reused(rows, subscription)
        outcomes: dict[int, str] = {}
        for row in rows:
            if row.record_hash == record_hash:
                unchanged.append(row.pk)
            else:
                outcomes[row.pk] = _update(row, record, find_category, dry_run=dry_run)
        if reused is not None:
            counts[outcomes.get(reused.pk, "unchanged")] += 1
        elif record.external_id in deleted or not _is_importable(record, now):
            counts["skipped"] += 1
        elif dry_run:
            counts["created"] += 1
        else:
            outcome, event = _import(record, subscription, find_category)
            counts[outcome] += 1
            created += [event.pk] if event else []
    if unchanged and not dry_run:
        _mark_seen(unchanged, now)
    if created:
        counts["duplicates"] = count_with_duplicates(created)
    return counts


def _existing(
    records: Sequence[ExternalEvent], subscription: Subscription
) -> tuple[dict[str, list[Import]], set[str]]:
    """Return the imports by external id, oldest first, and the ids that were deleted here.

    Deleted ids are not imported again. If an organizer deletes an import of their own, standing
    imports can still make the event.
    """
    imports: dict[str, list[Import]] = defaultdict(list)
    if not records:
        return imports, set()
    events = Event.objects.filter(
        external_provider=records[0].provider,
        external_event_id__in=[record.external_id for record in records],
    )
    rows = Import.objects.filter(event__in=events.alive()).order_by("pk")
    for row in rows.select_related("event__category", "event__tally", "event__created_by"):
        imports[row.event.external_event_id].append(row)
    is_ours = Q(external_is_primary=True)
    if subscription.organizer_id is not None:
        is_ours |= Q(created_by=subscription.organizer_id)
    deleted = events.exclude(deleted_at=None).filter(is_ours)
    return imports, set(deleted.values_list("external_event_id", flat=True))


def _reused(rows: Sequence[Import], subscription: Subscription) -> Import | None:
    """Return the import that the subscription reuses; None if it needs its own event.

    That is the primary event, or the one of the subscription's organizer, or the first published
    one with the provider's unchanged facts: drafts, events with other facts or a limit of
    seats, and events of deactivated organizers must not replace the provider's event.
    """
    for row in rows:
        is_of_organizer = row.event.created_by_id == subscription.organizer_id is not None
        if row.event.external_is_primary or is_of_organizer:
            return row
    return next((row for row in rows if _is_unedited(row)), None)


def _is_unedited(row: Import) -> bool:
    event, owner = row.event, row.event.created_by
    return (
        event.status == Event.Status.PUBLISHED
        and (owner is None or owner.is_active)
        and event.tally.max_attendees is None
        and banner_follows(event, row)
        and not edited_fields(event, row)
    )


def _update(
    row: Import, record: ExternalEvent, find_category: FindCategory, *, dry_run: bool
) -> str:
    try:
        with transaction.atomic():
            outcome = apply_record(event_id=row.pk, record=record, find_category=find_category)
            transaction.set_rollback(dry_run)
    except (RuleBroken, IntegrityError) as error:
        return _failed(record, error)
    return outcome.value


def _failed(record: ExternalEvent, error: Exception) -> str:
    logger.warning(
        "external_event_not_kept",
        provider=record.provider,
        external_id=record.external_id,
        error=str(error),
    )
    return "failed"


def _is_importable(record: ExternalEvent, now: datetime) -> bool:
    """Postponed records still have the old date, on which they will not take place."""
    is_on = record.status in (Status.SCHEDULED, Status.RESCHEDULED)
    return is_on and record.start_time is not None and record.start_time > now


def _import(
    record: ExternalEvent, subscription: Subscription, find_category: FindCategory
) -> tuple[str, Event | None]:
    """Return the outcome, and the event if it is new."""
    # As an override, because otherwise it would follow the provider's category.
    overrides = {"category": subscription.category} if subscription.category else {}
    try:
        event, is_new = import_record(
            record,
            organizer=subscription.organizer,
            find_category=find_category,
            overrides=overrides,
            subscription=subscription,
        )
    except (RuleBroken, IntegrityError) as error:
        return _failed(record, error), None
    # Not new: another run, or the organizer, imported it at the same moment.
    return ("created", event) if is_new else ("unchanged", None)


def _mark_seen(event_ids: list[int], now: datetime) -> None:
    seen = Import.objects.filter(pk__in=event_ids)
    seen.update(seen_at=now, is_gone=False, next_look_at=now + LOOK_AFTER)
    seen.filter(event__start_time__gt=now, event__start_time__lt=now + SOON).update(
        next_look_at=now + LOOK_SOON_AFTER
    )
