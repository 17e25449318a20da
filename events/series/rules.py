"""The clock, the recurrence rule and the excluded days of a series."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from core.errors import BadValue
from core.validators import LAST_YEAR
from events.all_day import stored_days
from events.models import Series

WRITTEN_AHEAD = relativedelta(months=12)


def set_clock(series: Series, start: datetime, end: datetime) -> None:
    """Set the local time and the duration of a series to those of one occurrence."""
    if series.is_all_day:
        first, last = stored_days(start, end, series.zone)
        series.local_time, series.duration = time.min, last - first + timedelta(days=1)
        return
    # Without `fold`, which columns do not store: the first of two equal local times is used.
    series.local_time = local(start, series.zone).time().replace(fold=0)
    series.duration = end - start


def set_rule(series: Series, pattern: str, *, first: date) -> None:
    """Set the rule of a series, and its first day: `first`, or the rule's next day after it.

    Raises BadValue (`unknown_recurrence`, `too_many_occurrences`, `until_before_start`,
    `no_occurrences`).
    """
    rule = series.parse_rule(pattern)
    rule.check_weeks()
    if rule.until is not None and rule.until < first:
        message = "The rule ends before the event starts. Send a later UNTIL."
        raise BadValue("recurrence_pattern", "until_before_start", message)
    series.recurrence_pattern = series.rule_text(rule)
    days = list(islice(rule.days(first), 1)) if rule.is_open else rule.bounded_days(first)
    if not days or (rule.count is not None and len(days) < rule.count):
        message = f"The rule has no day, or fewer than COUNT days up to the year {LAST_YEAR}."
        raise BadValue("recurrence_pattern", "no_occurrences", message)
    series.first_day = days[0]


def set_exdates(series: Series, exdates: Iterable[date]) -> None:
    """Exclude days of the rule. Raises BadValue (`no_occurrences`)."""
    series.exdates = sorted({day.isoformat() for day in exdates})
    rule = series.recurrence
    if not rule.is_open and all(map(series.is_excluded, rule.days(series.first_day))):
        raise nothing_left()


def nothing_left() -> BadValue:
    message = "The series has no dates left. Exclude fewer days."
    return BadValue("exdates", "no_occurrences", message)


def local(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone)


def horizon_of(series: Series | None = None) -> date:
    """Return the last day up to which rules without an end have occurrences."""
    today = datetime.now(tz=UTC).date()
    return max(today, series.first_day if series else today) + WRITTEN_AHEAD
