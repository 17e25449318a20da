"""Standing and bulk imports: a run goes page by page, and on where it was broken off.

Providers let nobody page past a wall (Ticketmaster: 1,000 results of a search). What lies behind
it is reached by halving the span of time that is asked for until each part fits.
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
from external_events.providers.base import Provider, Query, end_of_day_everywhere
from external_events.services.taking import take

logger = structlog.get_logger(__name__)

WORK_ON_RUNS = "external_events.tasks.work_on_runs"

# Longer than a page takes: the provider's 15 s, and a hundred events or two to write.
CLAIM = timedelta(seconds=90)
# What starts in one hour is not divided further.
_NARROWEST = timedelta(hours=1)
_PAUSES_S = (10, 60, 300, 900, 3600)
MOST_ATTEMPTS = 12  # about seven hours of an outage

_EVERY = {
    Subscription.Every.HOUR: relativedelta(hours=1),
    Subscription.Every.DAY: relativedelta(days=1),
    Subscription.Every.WEEK: relativedelta(weeks=1),
    Subscription.Every.MONTH: relativedelta(months=1),
}


def start_run(*, subscription_id: int, dry_run: bool | None = None) -> tuple[Run, bool]:
    """A run of the subscription, and whether it is new: while one is under way it is that one.

    It is worked on behind the answer. `dry_run` says otherwise than the subscription does.
    Raises SubscriptionNotFound.
    """
    try:
        with transaction.atomic():
            return _start(subscription_id, dry_run), True
    except IntegrityError:
        running = Run.objects.filter(subscription=subscription_id, state=Run.State.RUNNING)
        run = running.first()
        if run is None:
            raise
        return run, False


def _start(subscription_id: int, dry_run: bool | None) -> Run:
    rows = Subscription.objects.select_for_update(no_key=True)
    subscription = rows.filter(pk=subscription_id).first()
    if subscription is None:
        raise SubscriptionNotFound
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
    """Return the last of the days to look at, at the venue; the first is the run's own in UTC."""
    return started_at.astimezone(UTC).date() + timedelta(days=subscription.days_ahead - 1)


def next_run_after(subscription: Subscription, moment: datetime) -> datetime | None:
    """None for what is only run by hand."""
    pause = _EVERY.get(Subscription.Every(subscription.every))
    return None if pause is None or not subscription.is_active else moment + pause


def start_due_runs() -> int:
    """Start the runs whose time has come; answers how many. Safe to run twice at once."""
    due = Subscription.objects.filter(is_active=True, next_run_at__lte=timezone.now())
    started = 0
    for subscription_id in list(due.order_by("next_run_at").values_list("pk", flat=True)):
        try:
            _, is_new = start_run(subscription_id=subscription_id)
        except SubscriptionNotFound:  # it was deleted meanwhile
            continue
        if not is_new:
            # The last one is not through yet: the next time, then.
            _put_off(subscription_id)
        started += is_new
    return started


def _put_off(subscription_id: int) -> None:
    rows = Subscription.objects.filter(pk=subscription_id)
    if (subscription := rows.first()) is not None:
        rows.update(next_run_at=next_run_after(subscription, timezone.now()))


def claim_due(*, run_id: int | None = None) -> Run | None:
    """A run that is due for a step, or that one if it is; the caller's until its claim lapses or
    `step` gives it back."""
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
            run.attempts += 1  # now, as who is killed counts nothing any more
            run.save(update_fields=["claimed_until", "attempts"])
    return run


def step(run: Run) -> None:
    """Look at the next page of a run that the caller has claimed.

    What fails of one event is counted and logged, and stops no other. A provider that is away is
    asked again later, in growing pauses; after MOST_ATTEMPTS the run has failed, also where each
    was broken off by something else.
    """
    if not Run.objects.filter(pk=run.pk, state=Run.State.RUNNING).exists():
        return  # it was stopped, or deleted with its subscription, since it was claimed
    if run.attempts > MOST_ATTEMPTS:
        run.error = "It broke off again and again; the log says why."
        _finish(run, Run.State.FAILED)
        _save(run)
        return
    owner = run.subscription.organizer
    if owner is not None and not owner.may_organize:
        run.error = f"{owner} can't organize events. Choose another owner for this import."
        _finish(run, Run.State.FAILED)
        _save(run)
        return
    try:
        counts = _take_page(run, run.subscription, PROVIDERS[run.subscription.provider])
    except ProviderUnavailable as error:
        run.error = str(error)
        pause_s = max(error.retry_after_s, _PAUSES_S[min(run.attempts, len(_PAUSES_S)) - 1])
        run.next_step_at = timezone.now() + timedelta(seconds=pause_s)
        if run.attempts >= MOST_ATTEMPTS:
            _finish(run, Run.State.FAILED)
    except ProviderNotConfigured as error:
        run.error = str(error)
        _finish(run, Run.State.FAILED)
    else:
        run.attempts, run.error, run.next_step_at = 0, "", timezone.now()
        for name, number in counts.items():
            setattr(run, name, getattr(run, name) + number)
        if not run.windows or _left(run) == 0:
            _finish(run, Run.State.DONE)
    run.claimed_until = None
    _save(run)


def _save(run: Run) -> None:
    """Unless it was stopped, or deleted with its subscription, meanwhile."""
    fields = [field.attname for field in Run._meta.concrete_fields if not field.primary_key]
    Run.objects.filter(pk=run.pk, state=Run.State.RUNNING).update(
        **{name: getattr(run, name) for name in fields}
    )


def _finish(run: Run, state: Run.State) -> None:
    run.state, run.finished_at, run.next_step_at = state, timezone.now(), None


def stop_run(*, run_id: int) -> None:
    """End a run after the page that it is at; twice is no error."""
    Run.objects.filter(pk=run_id, state=Run.State.RUNNING).update(
        state=Run.State.STOPPED, finished_at=timezone.now(), next_step_at=None
    )


def _left(run: Run) -> int | None:
    """How many events the run may still look at; None: all."""
    limit = run.subscription.limit
    return None if limit is None else max(0, limit - run.seen)


def _take_page(run: Run, subscription: Subscription, provider: Provider) -> Counter[str]:
    starts, ends, page = run.windows[-1]
    starts_from, starts_before = _read(starts), _read(ends)
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
    is_beyond = page == 1 and found.total > provider.reachable
    if is_beyond and starts_before - starts_from > _NARROWEST:
        middle = starts_from + (starts_before - starts_from) // 2
        middle = middle.replace(microsecond=0)
        # The earlier half is next.
        run.windows[-1:] = [[middle.isoformat(), ends, 1], [starts, middle.isoformat(), 1]]
        return Counter()
    run.is_truncated = run.is_truncated or is_beyond
    if found.unreadable:
        logger.warning("external_events_unreadable", run_id=run.pk, number=found.unreadable)
    looked_at = found.records[: _left(run)]
    # Without a day nothing is imported, but what is here already may have been called off.
    records = [each for each in looked_at if each.local_date is None or query.has_day_of(each)]
    counts = take(records, subscription=subscription, dry_run=run.dry_run)
    counts["skipped"] += len(looked_at) - len(records)
    counts["failed"] += found.unreadable
    counts["seen"] = len(looked_at) + found.unreadable
    passed = page * provider.page_size
    is_last = passed >= min(found.total, provider.reachable) or not (
        found.records or found.unreadable
    )
    run.windows[-1:] = [] if is_last else [[starts, ends, page + 1]]
    return counts


def _read(moment: str) -> datetime:
    return datetime.fromisoformat(moment).astimezone(UTC)
