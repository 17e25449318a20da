"""The days for which RSVPs are counted."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from analytics.periods import Period

pytestmark = pytest.mark.embedded  # no server of ours takes part

NOW = datetime(2027, 5, 10, 23, 30, tzinfo=UTC)
TODAY = date(2027, 5, 10)


def told(first: date | None, last: date | None, zone: str = "UTC") -> tuple[date, date, int]:
    days = Period(ZoneInfo(zone), first, last).days_until(NOW)
    return days[0], days[-1], len(days)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def test_thirty_days_up_to_today_where_none_are_given() -> None:
    assert told(None, None) == (ago(29), TODAY, 30)


def test_today_is_that_of_the_zone() -> None:
    assert told(None, None, "Europe/Berlin")[1] == date(2027, 5, 11)


def test_last_day_alone_ends_thirty() -> None:
    assert told(None, ago(10)) == (ago(39), ago(10), 30)


def test_first_day_alone_goes_up_to_today() -> None:
    assert told(ago(3), None) == (ago(3), TODAY, 4)


def test_days_after_today_are_left_out() -> None:
    assert told(ago(3), TODAY + timedelta(days=400)) == (ago(3), TODAY, 4)


def test_future_days_have_no_rsvps() -> None:
    tomorrow = TODAY + timedelta(days=1)
    assert Period(ZoneInfo("UTC"), tomorrow, tomorrow).days_until(NOW) == []


def test_at_most_the_last_366_days() -> None:
    assert told(ago(366), None) == (ago(365), TODAY, 366)
