"""Runs of standing imports: page by page, and resumable at any page.

Providers limit how far a search can be paged (Ticketmaster: 1,000 results). A run reaches the rest
by halving the time span of the search until the results of each part can be paged to.
"""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import structlog
from dateutil.relativedelta import relativedelta
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from core import background
from core.errors import ProviderUnavailable
from external_events.exceptions import ProviderNotConfigured, SubscriptionNotFound
from external_events.models import Run, Subscription
from external_events.providers import PROVIDERS
from external_events.providers.base import Query, end_of_day_everywhere
from external_events.services.page_imports import import_page

logger = structlog.get_logger(__name__)

WORK_ON_RUNS = "external_events.tasks.work_on_runs"

# Longer than a page takes: the provider's 15 s, and writing one or two hundred events.
CLAIM = timedelta(seconds=90)
# Spans of an hour or less are not halved.
_NARROWEST = timedelta(hours=1)
_PAUSES_S = (10, 60, 300, 900, 3600)
MOST_ATTEMPTS = 12  # about seven hours of an outage

_EVERY = {
    Subscription.Every.HOUR: relativedelta(hours=1),
    Subscription.Every.DAY: relativedelta(days=1),
    Subscription.Every.WEEK: relativedelta(weeks=1),
    Subscription.Every.MONTH: relativedelta(months=1),
}


def lock_subscription(subscription_id: int) -> Subscription:
    """Raises SubscriptionNotFound."""
    rows = Subscription.objects.select_for_update(no_key=True)
    subscription = rows.filter(pk=subscription_id).first()
    if subscription is None:
        raise SubscriptionNotFound
    return subscription


def start_run(*, subscription_id: int, dry_run: bool | None = None) -> tuple[Run, bool]:
    """Return the current run of the subscription, and whether it is new.

    A new run is worked on in the background. `dry_run` overrides the subscription's own.
    Raises SubscriptionNotFound.
    """
    try:
        with transaction.atomic():
            return _create_run(subscription_id, dry_run), True
    except IntegrityError:
        running = Run.objects.filter(subscription=subscription_id, state=Run.State.RUNNING)
        run = running.first()
        if run is None:
            raise
        return run, False


def _create_run(subscription_id: int, dry_run: bool | None) -> Run:
    subscription = lock_subscription(subscription_id)
    now = timezone.now().replace(microsecond=0)
    until = end_of_day_everywhere(_last_day(subscription, now))
    run = Run.objects.create(
        subscription=subscription,
        dry_run=subscription.dry_run if dry_run is None else dry_run,
        windows=[[now.isoformat(), until.isoformat(), 1]],
        next_step_at=now,
    )
    subscription.last_run = run
    subscription.next_run_at = next_run_after(subscription, now)
    subscription.save(update_fields=["last_run", "next_run_at"])
    background.nudge_on_commit(WORK_ON_RUNS)
    return run


def _last_day(subscription: Subscription, started_at: datetime) -> date:
    """Return the last day of the search, at the venue; the first one is the run's own in UTC."""
    return started_at.astimezone(UTC).date() + timedelta(days=subscription.days_ahead - 1)


def next_run_after(subscription: Subscription, moment: datetime) -> datetime | None:
    """Return None if the subscription only runs on request."""
    pause = _EVERY.get(Subscription.Every(subscription.every))
    return None if pause is None or not subscription.is_active else moment + pause


def start_due_runs() -> int:
    """Start the runs that are due; return how many. Safe to run twice at once."""
    due = Subscription.objects.filter(is_active=True, next_run_at__lte=timezone.now())
    started = 0
    for subscription_id in list(due.order_by("next_run_at").values_list("pk", flat=True)):
        try:
            run, is_new = start_run(subscription_id=subscription_id)
        except (SubscriptionNotFound, Subscription.DoesNotExist):  # deleted in the meantime
            continue
        if not is_new:  # the last run still goes on: skip one
            next_run_at = next_run_after(run.subscription, timezone.now())
            Subscription.objects.filter(pk=subscription_id).update(next_run_at=next_run_at)
        started += is_new
    return started


def claim_due(*, run_id: int | None = None) -> Run | None:
    """Claim a run that is due for a step, or that run if it is due.

    The claim ends with `step`, or after CLAIM.
    """
    now = timezone.now()
    is_free = Q(claimed_until=None) | Q(claimed_until__lte=now)
    with transaction.atomic():
        due = Run.objects.filter(is_free, state=Run.State.RUNNING, next_step_at__lte=now)
        if run_id is not None:
            due = due.filter(pk=run_id)
        locked = due.select_for_update(skip_locked=True, no_key=True, of=("self",))
        run = (
            locked.select_related("subscription__category", "subscription__organizer")
            .order_by("next_step_at")
            .first()
        )
        if run is not None:
            run.claimed_until = now + CLAIM
            run.attempts += 1  # counted now, because a killed process counts nothing later
            run.save(update_fields=["claimed_until", "attempts"])
    return run


def step(run: Run) -> None:
    """Import the next page of a run that the caller has claimed.

    An event that fails is counted and logged; others are not affected. While the provider is down,
    the page is tried again after longer and longer pauses. After MOST_ATTEMPTS attempts the run has
    failed, also if they ended for other reasons.
    """
    if not Run.objects.filter(pk=run.pk, state=Run.State.RUNNING).exists():
        return  # stopped, or deleted with its subscription, since it was claimed
    owner = run.subscription.organizer
    if run.attempts > MOST_ATTEMPTS:
        _finish(run, Run.State.FAILED, "The run was interrupted too often. See the log.")
    elif owner is not None and not owner.may_organize:
        error = f"{owner} can't organize events. Choose another owner for this import."
        _finish(run, Run.State.FAILED, error)
    else:
        _step(run)
        run.claimed_until = None
    # Only if it is still running: it may have been stopped or deleted in the meantime.
    fields = [field.attname for field in Run._meta.concrete_fields if not field.primary_key]
    Run.objects.filter(pk=run.pk, state=Run.State.RUNNING).update(
        **{name: getattr(run, name) for name in fields}
    )


def _step(run: Run) -> None:
    try:
        counts = _import_next_page(run)
    except ProviderUnavailable as error:
        run.error = str(error)
        pause_s = max(error.retry_after_s, _PAUSES_S[min(run.attempts, len(_PAUSES_S)) - 1])
        run.next_step_at = timezone.now() + timedelta(seconds=pause_s)
        if run.attempts >= MOST_ATTEMPTS:
            _finish(run, Run.State.FAILED, str(error))
    except ProviderNotConfigured as error:
        _finish(run, Run.State.FAILED, str(error))
    else:
        run.attempts, run.error, run.next_step_at = 0, "", timezone.now()
        for name, number in counts.items():
            setattr(run, name, getattr(run, name) + number)
        if not run.windows or _left(run) == 0:
            _finish(run, Run.State.DONE)


def _finish(run: Run, state: Run.State, error: str = "") -> None:
    run.state, run.finished_at, run.next_step_at, run.error = state, timezone.now(), None, error


def stop_run(*, run_id: int) -> None:
    """End a run after its current page. Stopping twice is no error."""
    Run.objects.filter(pk=run_id, state=Run.State.RUNNING).update(
        state=Run.State.STOPPED, finished_at=timezone.now(), next_step_at=None
    )


def _left(run: Run) -> int | None:
    """Return how many events the run may still process; None: all."""
    limit = run.subscription.limit
    return None if limit is None else max(0, limit - run.seen)


def _import_next_page(run: Run) -> Counter[str]:
    subscription, provider = run.subscription, PROVIDERS[run.subscription.provider]
    starts, ends, page = run.windows[-1]
    starts_from, starts_before = _parse(starts), _parse(ends)
    query = Query(
        text=subscription.query,
        location=subscription.location,
        starts_from=starts_from,
        starts_before=starts_before,
        last_day=_last_day(subscription, run.started_at),
    )
    found = provider.search(query, page=page, size=provider.page_size)
    if run.total is None:
        run.total = found.total
    exceeds_reach = page == 1 and found.total > provider.reachable
    if exceeds_reach and starts_before - starts_from > _NARROWEST:
        middle = starts_from + (starts_before - starts_from) // 2
        middle = middle.replace(microsecond=0)
        # The earlier half is next.
        run.windows[-1:] = [[middle.isoformat(), ends, 1], [starts, middle.isoformat(), 1]]
        return Counter()
    run.is_truncated = run.is_truncated or exceeds_reach
    if found.unreadable:
        logger.warning("external_events_unreadable", run_id=run.pk, number=found.unreadable)
    seen = found.records[: _left(run)]
    # A record without a day is not imported, but may cancel an earlier import.
    records = [record for record in seen if record.local_date is None or query.has_day_of(record)]
    counts = import_page(records, subscription=subscription, dry_run=run.dry_run)
    counts["skipped"] += len(seen) - len(records)
    counts["failed"] += found.unreadable
    counts["seen"] = len(seen) + found.unreadable
    is_last = page * provider.page_size >= min(found.total, provider.reachable) or not (
        found.records or found.unreadable
    )
    run.windows[-1:] = [] if is_last else [[starts, ends, page + 1]]
    return counts


def _parse(moment: str) -> datetime:
    return datetime.fromisoformat(moment).astimezone(UTC)
