"""Extension of series: an hourly task adds the occurrences up to the horizon."""

from time import monotonic

import structlog
from django.db import transaction

from events.models import Series
from events.series.creation import catch_up
from events.series.rules import horizon_of

logger = structlog.get_logger(__name__)

_LONGEST_S = 30.0  # of one run; less than the time limit of a task


class QuotaUsedUp(Exception):  # noqa: N818  (it states a fact)
    """The organizer has too many open events for the next occurrences of a series."""


def extend_all_series() -> int:
    """Add the occurrences up to the horizon; return their number.

    Each series has its own transaction. One that fails, for example because its time zone is
    unknown on this machine, is logged and does not block others. Safe to run twice, also at the
    same time. After 30 seconds the rest is left to the next run.
    """
    deadline = monotonic() + _LONGEST_S
    due = Series.objects.due(horizon_of()).whose_owner_may_organize()
    written = 0
    full: set[int] = set()  # organizers without quota, whose other series are skipped
    for series_id, owner_id in due.order_by("next_day").values_list("pk", "created_by"):
        if owner_id in full:
            continue
        try:
            written += extend_series(series_id)
        except QuotaUsedUp:
            full.add(owner_id)
            logger.warning("series_wait_for_quota", organizer=owner_id)
        except Exception:
            logger.exception("series_not_extended", series=series_id)
        if monotonic() > deadline:
            break
    return written


@transaction.atomic
def extend_series(series_id: int) -> int:
    """Add the occurrences of one series; return 0 if another worker does it or has done it.

    Raises QuotaUsedUp.
    """
    series = lock_due_series(series_id)
    if series is None:
        return 0
    written = catch_up(series, list(series.tags.all()))
    if written is None:
        raise QuotaUsedUp
    series.save(update_fields=["next_day"])
    return len(written)


def lock_due_series(series_id: int) -> Series | None:
    due = Series.objects.due(horizon_of()).whose_owner_may_organize().filter(pk=series_id)
    return due.select_for_update(no_key=True, skip_locked=True, of=("self",)).first()
