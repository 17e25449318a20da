"""The days of a recurrence rule (RFC 5545, 3.3.10).

Rules name days only; the series has the local time and the time zone. So no clock change moves a
rule, and no day comes twice. dateutil calculates the days; `spelled_out` and `days` correct it
where it differs from the RFC. `dev/calendars/` compares the days with two other libraries
(docs/adr/0020).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, takewhile
from typing import Self
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from django.core.exceptions import ValidationError

from core.validators import LAST_YEAR, validate_year
from events.rule_syntax import (
    MOST_OCCURRENCES,
    NAMES_DAYS,
    WEEKDAYS,
    WORDS,
    read_parts,
    too_many_occurrences,
    unknown_rule,
)

_LAST_DAY = date(LAST_YEAR, 12, 30)  # so that the end of an event on it can be stored, too
# dateutil searches a day that never comes (30 February) until the year 9999, which takes 11 s for
# some rules. The calendar repeats every 400 years: moved to the future, the search takes 0.5 s.
_CYCLES = 19 * 400

_NAMES_THE_DAY = {"BYYEARDAY", "BYMONTHDAY", "BYDAY"}
# Numbers of weeks that can extend into the neighbouring year.
_WEEKS_OF_TWO_YEARS = {"1", "52", "53", "-1", "-52", "-53"}


@dataclass(frozen=True)
class Recurrence:
    """A rule: its parts without COUNT and UNTIL, and these two."""

    parts: tuple[tuple[str, str], ...]
    count: int | None = None
    until: date | None = None  # the last possible day

    @classmethod
    def parse(cls, text: str, *, zone: ZoneInfo, at: time) -> Self:
        """Parse one of WORDS, or an RRULE with or without its name, in upper or lower case.

        UNTIL is a day, or a time in UTC or in the zone. A time includes its day if an occurrence
        that starts `at` this time of the day is not later. Raises BadValue (`unknown_recurrence`,
        `too_many_occurrences`).
        """
        rule = WORDS.get(text.strip().lower(), text.strip().upper().removeprefix("RRULE:"))
        parts = read_parts(rule)
        count, until = parts.pop("COUNT", None), parts.pop("UNTIL", None)
        if count is not None and until is not None:
            raise unknown_rule("The rule has COUNT and UNTIL. Send only one of them.")
        if count is not None and not 1 <= int(count) <= MOST_OCCURRENCES:
            raise too_many_occurrences()
        return cls(
            parts=tuple(parts.items()),
            count=None if count is None else int(count),
            until=None if until is None else _last_day(until, zone, at),
        )

    @property
    def is_open(self) -> bool:
        return self.count is None and self.until is None

    @property
    def names_days(self) -> bool:
        """Return whether the rule itself names its days, independent of the first day."""
        return any(name in NAMES_DAYS for name, _ in self.parts)

    def days(self, first: date) -> Iterator[date]:
        """Yield the days of the rule from `first` on, up to the last day that can be stored.

        `first` itself is included only if the rule names it.
        """
        parts = dict(self.spelled_out(first).parts)
        start, weeks = first, ""
        if parts["FREQ"] == "WEEKLY" and "BYSETPOS" in parts:
            # Positions count from the start of the week; dateutil counts from the first day.
            start -= timedelta(days=_days_into_week(first, parts))
        if "BYSETPOS" not in parts:
            # dateutil assigns some days around New Year to the wrong week.
            weeks = parts.pop("BYWEEKNO", "")
        until = _far(min(self.until or _LAST_DAY, _LAST_DAY), +1)
        text = f"{_text(parts.items())};UNTIL={until:%Y%m%d}"
        moments = rrulestr(text, dtstart=datetime.combine(_far(start, +1), time.min))
        found = (_far(moment.date(), -1) for moment in moments)
        named = (
            day for day in found if day >= first and (not weeks or _is_in_weeks(day, weeks, parts))
        )
        return islice(named, self.count)

    def spelled_out(self, first: date) -> Self:
        """Return the rule with the parts that it takes from its first day, if libraries differ.

        - Months and years without a 29th to 31st are skipped. Without BYMONTHDAY some calendar
          programs move the date to the 28th.
        - BYWEEKNO alone means the weekday of the first day. dateutil takes the whole week.
        - BYSETPOS among the weekdays of a week is replaced by the chosen weekdays.
        """
        parts = dict(self.parts)
        is_of_weeks = parts["FREQ"] == "WEEKLY"
        names_the_day = bool(_NAMES_THE_DAY & parts.keys())
        if not names_the_day and ("BYWEEKNO" in parts or (is_of_weeks and "BYSETPOS" in parts)):
            parts["BYDAY"] = WEEKDAYS[first.weekday()]
        elif not names_the_day and parts["FREQ"] in ("MONTHLY", "YEARLY") and first.day > 28:
            if parts["FREQ"] == "YEARLY":
                parts.setdefault("BYMONTH", str(first.month))
            parts["BYMONTHDAY"] = str(first.day)
        if is_of_weeks and "BYSETPOS" in parts and "BYMONTH" not in parts:
            # With BYMONTH the end of a month can cut off a week, which changes the positions.
            chosen = _chosen(parts["BYDAY"], parts["BYSETPOS"], parts.get("WKST", "MO"))
            if chosen:  # otherwise the rule has no day
                parts["BYDAY"] = ",".join(chosen)
                del parts["BYSETPOS"]
        return replace(self, parts=tuple(parts.items()))

    def check_weeks(self) -> None:
        """Raise BadValue (`unknown_recurrence`) for weeks whose year is ambiguous.

        The first days of week 1 can be in December. RFC 5545 does not define whether INTERVAL and
        BYSETPOS count them in that year or in the next one, and libraries differ.
        """
        parts = dict(self.parts)
        weeks = set(parts.get("BYWEEKNO", "").split(","))
        counts_years = int(parts.get("INTERVAL", "1")) > 1 or "BYSETPOS" in parts
        if counts_years and weeks & _WEEKS_OF_TWO_YEARS:
            raise unknown_rule(
                "Weeks 1, 52 and 53 can lie in two years, so BYWEEKNO with one of them can't be "
                "combined with INTERVAL or BYSETPOS. Use BYMONTH with BYDAY or BYMONTHDAY instead."
            )

    def bounded_days(self, first: date) -> list[date]:
        """Return all days of a rule with an end. Raises BadValue (`too_many_occurrences`)."""
        days = list(islice(self.days(first), MOST_OCCURRENCES + 1))
        if len(days) > MOST_OCCURRENCES:
            raise too_many_occurrences()
        return days

    def ending_before(self, day: date, *, first: date) -> Self:
        """Return the rule, ended at its last day before that one."""
        # Series of earlier versions can have rows on days that their rules no longer name.
        last = max(self._days_before(day, first), default=day - timedelta(days=1))
        return replace(self, count=None, until=last)

    def going_on_from(self, day: date, *, first: date) -> Self:
        """Return the rest of the rule from that day on, with a reduced COUNT."""
        if self.count is None:
            return self
        used = sum(1 for _ in self._days_before(day, first))
        return replace(self, count=self.count - used)

    def _days_before(self, day: date, first: date) -> Iterator[date]:
        return takewhile(lambda other: other < day, self.days(first))

    def text(self, *, zone: ZoneInfo, at: time) -> str:
        """Return the rule as one of WORDS, or else as an RRULE with UNTIL in UTC."""
        rule = _text(self.parts)
        if self.is_open and rule in WORDS.values():
            return next(word for word, meaning in WORDS.items() if meaning == rule)
        return self.rrule(zone=zone, at=at)

    def rrule(self, *, zone: ZoneInfo, at: time | None) -> str:
        """Return the RRULE without its name, with UNTIL in UTC, or as a date without a time."""
        parts = [_text(self.parts)]
        if self.count is not None:
            parts.append(f"COUNT={self.count}")
        if self.until is not None and at is None:
            parts.append(f"UNTIL={self.until:%Y%m%d}")
        elif self.until is not None and at is not None:
            last = datetime.combine(self.until, at, tzinfo=zone).astimezone(UTC)
            parts.append(f"UNTIL={last:%Y%m%dT%H%M%SZ}")
        return ";".join(parts)


def _text(parts: Iterable[tuple[str, str]]) -> str:
    return ";".join(f"{name}={value}" for name, value in parts)


def _days_into_week(day: date, parts: dict[str, str]) -> int:
    return (day.weekday() - WEEKDAYS.index(parts.get("WKST", "MO"))) % 7


def _is_in_weeks(day: date, weeks: str, parts: dict[str, str]) -> bool:
    """Return whether BYWEEKNO names the week of the day, by its number from either end."""
    begin = day - timedelta(days=_days_into_week(day, parts))
    year = (begin + timedelta(days=3)).year  # a week belongs to the year with most of its days
    first, next_first = _first_week(year, parts), _first_week(year + 1, parts)
    number, length = (begin - first).days // 7 + 1, (next_first - first).days // 7
    return bool({str(number), str(number - length - 1)} & set(weeks.split(",")))


def _first_week(year: int, parts: dict[str, str]) -> date:
    fourth = date(year, 1, 4)  # always in the first week
    return fourth - timedelta(days=_days_into_week(fourth, parts))


def _chosen(weekdays: str, positions: str, week_start: str) -> list[str]:
    """Return which of the weekdays BYSETPOS chooses in a week that begins on `week_start`."""
    begin = WEEKDAYS.index(week_start)
    week = [*WEEKDAYS[begin:], *WEEKDAYS[:begin]]
    days = [day for day in week if day in weekdays.split(",")]
    wanted = {int(position) for position in positions.split(",")}
    # Positions count from 1, and backwards from -1.
    return [day for index, day in enumerate(days) if {index + 1, index - len(days)} & wanted]


def _far(day: date, direction: int) -> date:
    return day.replace(year=day.year + direction * _CYCLES)


def _last_day(text: str, zone: ZoneInfo, at: time) -> date:
    try:
        day = datetime.strptime(text[:8], "%Y%m%d").date()
        validate_year(day)
        if len(text) == 8:
            return day
        moment = datetime.strptime(text[:15], "%Y%m%dT%H%M%S")
    except (ValueError, ValidationError) as error:
        raise unknown_rule("UNTIL is not a valid date.") from error
    local = moment.replace(tzinfo=UTC).astimezone(zone) if text.endswith("Z") else moment
    starts = datetime.combine(local.date(), at, tzinfo=local.tzinfo)
    return local.date() if starts <= local else date.fromordinal(local.toordinal() - 1)
