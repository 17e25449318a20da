"""The days for which RSVPs are counted."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from analytics.periods import Period

pytestmark = pytest.mark.embedded  # needs no servers

NOW = datetime(2027, 5, 10, 23, 30, tzinfo=UTC)
TODAY = date(2027, 5, 10)


def days_between(
    first: date | None, last: date | None, zone: str = "UTC"
) -> tuple[date, date, int]:
    days = Period(ZoneInfo(zone), first, last).days_until(NOW)
    return days[0], days[-1], len(days)


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def test_default_is_thirty_days_up_to_today() -> None:
    assert days_between(None, None) == (days_ago(29), TODAY, 30)


def test_today_depends_on_the_zone() -> None:
    assert days_between(None, None, "Europe/Berlin")[1] == date(2027, 5, 11)


def test_last_day_alone_ends_thirty_days() -> None:
    assert days_between(None, days_ago(10)) == (days_ago(39), days_ago(10), 30)


def test_first_day_alone_begins_days_up_to_today() -> None:
    assert days_between(days_ago(3), None) == (days_ago(3), TODAY, 4)


def test_days_after_today_are_left_out() -> None:
    assert days_between(days_ago(3), TODAY + timedelta(days=400)) == (days_ago(3), TODAY, 4)


def test_future_days_have_no_rsvps() -> None:
    tomorrow = TODAY + timedelta(days=1)
    assert Period(ZoneInfo("UTC"), tomorrow, tomorrow).days_until(NOW) == []


def test_at_most_the_last_366_days_are_counted() -> None:
    assert days_between(days_ago(366), None) == (days_ago(365), TODAY, 366)
