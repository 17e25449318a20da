"""Events that come again: making them, at once and as time goes on.

Whoever writes a series locks it first, then the tallies of its events.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from dateutil.relativedelta import relativedelta
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from core.errors import BadValue, JustChanged
from core.validators import LAST_YEAR
from events.all_day import stored_days
from events.exceptions import EventCancelled, SeriesNotFound
from events.models import Event, Rating, Series, Tag, Tally
from events.models.series import SHARED_FIELDS
from events.recurrence import Recurrence
from events.services.events import check_new, update_event
from events.services.organizer_role import require_organizer
from events.services.past_events import require_not_past
from events.services.quotas import count_dates, has_room_for
from events.services.times import read_times

logger = structlog.get_logger(__name__)

WRITTEN_AHEAD = relativedelta(months=12)
_BATCH = 500
_LONGEST_S = 30.0  # of one run: well within a task's time limit


class QuotaUsedUp(Exception):  # noqa: N818  (it states a fact)
    """The organizer has too many open events for the next dates of a series."""


def lock_series(series_id: int) -> Series:
    """The series, locked until the transaction ends. Raises SeriesNotFound."""
    try:
        return Series.objects.alive().select_for_update(no_key=True).get(pk=series_id)
    except Series.DoesNotExist as error:
        raise SeriesNotFound from error


@transaction.atomic
def create_series(
    *,
    organizer: User,
    details: dict[str, Any],
    recurrence_pattern: str,
    exdates: Iterable[date] = (),
    is_counted: bool = True,
) -> Event:
    """Create a series with its occurrences; return the first of them.

    The start and the end in `details` are those of the first occurrence; if the rule does not
    include that day, the first occurrence is on the rule's next day. Rules with an end
    are written out whole, others 12 months ahead. Raises BadValue
    (`unknown_recurrence`, `too_many_occurrences`, `no_occurrences`,
    `until_before_start` and those of `create_event`), OrganizerRequired,
    TooManyDates and TooManyOpenEvents.
    """
    require_organizer(organizer)
    details = read_times(details)
    tags = details.pop("tags", [])
    start, end = details.pop("start_time"), details.pop("end_time")
    series = Series(created_by=organizer, **details)
    check_new(_event(series, start, end))
    set_clock(series, start, end)
    set_rule(series, recurrence_pattern, first=local(start, series.zone).date())
    set_exdates(series, exdates)
    if series.status == Event.Status.PUBLISHED:
        series.published_at = timezone.now()
    series.save(force_insert=True)
    series.tags.set(tags)
    occurrences = write_out(series, tags, is_counted=is_counted)
    if not occurrences:
        raise _nothing_left()
    series.save(update_fields=["next_day"])
    return occurrences[0]


@transaction.atomic
def make_recurring(
    *, event_id: int, changes: dict[str, Any], recurrence_pattern: str, exdates: Iterable[date] = ()
) -> None:
    """Change a single event, and make it the first occurrence of a series.

    Raises as `update_event` and `create_series` do, EventEnded, and BadValue if the rule does not
    include the day of the event (`not_a_day_of_the_rule`).
    """
    event = update_event(event_id=event_id, changes=changes)
    require_organizer(event.created_by)
    require_not_past(event, timezone.now())
    if event.series_id is not None:
        raise JustChanged
    if event.is_cancelled:
        raise EventCancelled
    tally = event.tally
    series = Series(
        max_attendees=tally.max_attendees, **{name: getattr(event, name) for name in SHARED_FIELDS}
    )
    check_new(event)
    set_clock(series, event.start_time, event.end_time)
    day = local(event.start_time, series.zone).date()
    set_rule(series, recurrence_pattern, first=day)
    set_exdates(series, exdates)
    if series.first_day != day or series.is_excluded(day):
        raise BadValue(
            "recurrence_pattern",
            "not_a_day_of_the_rule",
            "The event's own day is none of the rule's; move the event, or change the rule.",
        )
    series.save(force_insert=True)
    tags = list(event.tags.all())
    series.tags.set(tags)
    event.series, event.series_day = series, day
    event.sequence += 1
    event.save()
    write_out(series, tags)
    series.save(update_fields=["next_day"])


def extend_all_series() -> int:
    """Write out what the horizon has come to; answers how many occurrences are new.

    Each series in a transaction of its own, so that one that fails (its zone is
    unknown to this machine, say) is logged and holds up no other. Safe to run
    twice, at once too. What takes longer than half a minute is left to the next run.
    """
    deadline = monotonic() + _LONGEST_S
    due = Series.objects.due(horizon_of()).whose_owner_may_organize()
    written = 0
    full: set[int] = set()  # organizers whose quota is used up; they must not hold up the others
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
    """Write out one series; return 0 if another worker does it or has done it.

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


def write_out(series: Series, tags: Iterable[Tag], *, is_counted: bool = True) -> list[Event]:
    """Make the occurrences of the rule's days that have none, up to the horizon.

    The series must be new or locked; `next_day` is set, and the caller saves it. Raises
    OrganizerRequired, TooManyDates, TooManyOpenEvents and BadValue if the owner's quotas have no
    room.
    """
    days = _missing_days(series)
    if days:
        require_organizer(series.created_by)
    if is_counted:
        count_dates(series.created_by, len(days))
    return _write_days(series, days, tags)


def catch_up(series: Series, tags: Iterable[Tag]) -> list[Event] | None:
    """Make the occurrences up to the horizon; return None if the owner has no room.

    They replace dates that are over, so they do not count as created.
    """
    next_day, days = series.next_day, _missing_days(series)
    if not days or has_room_for(series.created_by, len(days)):
        return _write_days(series, days, tags)
    # A series that was cancelled has none: the next run begins with the first that is missing.
    series.next_day = next_day or days[0]
    return None


def _missing_days(series: Series) -> list[date]:
    """Return the rule's days up to the horizon that have no occurrence; sets `next_day`."""
    now = timezone.now()
    written = set(series.occurrences.values_list("series_day", flat=True))
    horizon, rule = horizon_of(series), series.recurrence
    series.next_day = None
    missing = []
    for day in rule.days(series.first_day):
        if rule.is_open and day > horizon:
            series.next_day = day
            break
        if day in written or series.is_excluded(day) or series.start_on(day) <= now:
            continue
        missing.append(day)
    return missing


def _write_days(series: Series, days: list[date], tags: Iterable[Tag]) -> list[Event]:
    missing = [_event(series, series.start_on(day), series.end_on(day), day) for day in days]
    Event.objects.bulk_create(missing, batch_size=_BATCH)
    for event in missing:
        event.tally = Tally(event=event, max_attendees=series.max_attendees)
        event.rating = Rating(event=event)
    Tally.objects.bulk_create([event.tally for event in missing], batch_size=_BATCH)
    Rating.objects.bulk_create([event.rating for event in missing], batch_size=_BATCH)
    tag_all(missing, tags)
    return missing


def tag_all(events: Iterable[Event], tags: Iterable[Tag]) -> None:
    """Put the tags on events that have none."""
    through = Event.tags.through
    rows = [through(event_id=event.pk, tag_id=tag.pk) for event in events for tag in tags]
    through._default_manager.bulk_create(rows, batch_size=_BATCH)


def set_clock(series: Series, start: datetime, end: datetime) -> None:
    """Have the series start when this occurrence does, and last as long."""
    if series.is_all_day:
        first, last = stored_days(start, end, series.zone)
        series.local_time, series.duration = time.min, last - first + timedelta(days=1)
        return
    # Without its fold, which no row keeps: of an hour that comes twice a series has the first.
    series.local_time = local(start, series.zone).time().replace(fold=0)
    series.duration = end - start


def set_rule(series: Series, pattern: str, *, first: date) -> None:
    """Have the series follow the pattern from that day on, or from the rule's first day after it.

    Raises BadValue (`unknown_recurrence`, `too_many_occurrences`,
    `until_before_start`, `no_occurrences`).
    """
    rule = Recurrence.parse(pattern, zone=series.zone, at=series.local_time)
    rule.check_weeks()
    if rule.until is not None and rule.until < first:
        raise BadValue(
            "recurrence_pattern", "until_before_start", "The rule ends before the event starts."
        )
    series.recurrence_pattern = rule.text(zone=series.zone, at=series.local_time)
    days = list(islice(rule.days(first), 1)) if rule.is_open else rule.bounded_days(first)
    if not days or (rule.count is not None and len(days) < rule.count):
        raise BadValue(
            "recurrence_pattern",
            "no_occurrences",
            f"The rule has no day, or fewer than COUNT up to the year {LAST_YEAR}.",
        )
    series.first_day = days[0]


def set_exdates(series: Series, exdates: Iterable[date]) -> None:
    """Leave these days of the rule out. Raises BadValue (`no_occurrences`)."""
    series.exdates = sorted({day.isoformat() for day in exdates})
    rule = series.recurrence
    if not rule.is_open and all(map(series.is_excluded, rule.days(series.first_day))):
        raise _nothing_left()


def local(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone)


def _nothing_left() -> BadValue:
    return BadValue("exdates", "no_occurrences", "Nothing is left of the series.")


def _event(series: Series, start: datetime, end: datetime, day: date | None = None) -> Event:
    return Event(
        series=series if day else None,
        series_day=day,
        start_time=start,
        end_time=end,
        **{name: getattr(series, name) for name in SHARED_FIELDS},
    )


def horizon_of(series: Series | None = None) -> date:
    """The last day that open rules are written out to."""
    today = datetime.now(tz=UTC).date()
    return max(today, series.first_day if series else today) + WRITTEN_AHEAD
