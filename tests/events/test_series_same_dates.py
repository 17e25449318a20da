"""Edits that touch neither the rule nor the times keep the dates."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from events.models import Event, Series
from events.series.changes import update_occurrences, update_series
from events.series.creation import create_series
from events.series.extension import extend_all_series
from tests.client import Api
from tests.events.test_recurrence_days import EXPECTED

pytestmark = [pytest.mark.both, pytest.mark.slow]

NOW = datetime(2025, 12, 20, 9, tzinfo=UTC)  # before the first day of every rule
Row = tuple[int, date | None, datetime, datetime]


def rules() -> list[tuple[date, str]]:
    """Return the expectations with few enough dates for each example."""
    found = []
    for case in EXPECTED:
        rule, first = case["rule"], date.fromisoformat(case["first"])
        is_long = "UNTIL" in rule and len(case["days"]) == 12
        if first.year < 2026 or not case["days"] or is_long:
            continue
        is_frequent = rule.startswith(("FREQ=DAILY", "FREQ=WEEKLY"))
        is_open = "COUNT" not in rule and "UNTIL" not in rule
        found.append((first, f"{rule};COUNT=9" if is_open and is_frequent else rule))
    return found


def rows() -> set[Row]:
    return set(Event.objects.alive().values_list("pk", "series_day", "start_time", "end_time"))


def new_series(olive: User, first: date, rule: str) -> Series:
    start = datetime.combine(first, time(18), tzinfo=UTC)
    details: dict[str, Any] = {
        "title": "Jazz",
        "description": "",
        "location": "Cellar",
        "timezone": "Europe/Berlin",
        "start_time": start,
        "end_time": start + timedelta(hours=2),
        "status": Event.Status.PUBLISHED,
    }
    create_series(organizer=olive, details=details, recurrence_pattern=rule, is_counted=False)
    return Series.objects.order_by("pk").last() or Series()


def edit(kind: str, which: int, title: str) -> None:
    """Change a title, and send the other fields unchanged."""
    now = datetime.now(tz=UTC)
    upcoming = list(Event.objects.alive().filter(start_time__gt=now).order_by("start_time"))
    if not upcoming:
        return
    event = upcoming[which % len(upcoming)]
    series = event.series
    assert series
    shown = {
        "start_time": event.start_time,
        "end_time": event.end_time,
        "timezone": series.timezone,
        "recurrence_pattern": f"rrule:{series.recurrence_pattern.lower()}",
    }
    if series.recurrence_pattern in ("daily", "weekly", "monthly", "yearly"):
        shown["recurrence_pattern"] = series.recurrence_pattern.upper()
    changes = {"title": title} | (shown if kind.endswith("as shown") else {})
    if kind.startswith("series"):
        update_series(series_id=series.pk, changes={"title": title})
    else:
        is_following = kind.startswith("following")
        update_occurrences(event_id=event.pk, changes=changes, only_following=is_following)


KINDS = ["all", "following", "following", "series", "all as shown", "following as shown"]
EDITS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 40)), min_size=1, max_size=4)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rule=st.sampled_from(rules()), edits=EDITS, days=st.integers(0, 30))
def test_new_title_changes_no_dates(
    olive: User, rule: tuple[date, str], edits: list[tuple[str, int]], days: int
) -> None:
    Event.objects.all().update(deleted_at=NOW)
    Series.objects.all().update(deleted_at=NOW)
    with time_machine.travel(NOW, tick=False) as clock:
        series = new_series(olive, *rule)
        whole, first = series.recurrence, series.first_day
        before = rows()
        for number, (kind, which) in enumerate(edits):
            clock.shift(timedelta(days=days))  # then more dates of a rule without end are due
            edit(kind, which, f"Title {number}")
            assert rows() == before, kind
        clock.shift(timedelta(days=60))
        extend_all_series()
        written = sorted(day for _, day, *_ in rows() if day)
        assert written == list(islice(whole.days(first), len(written)))


@pytest.mark.usefixtures("a_monday_in_january")
@pytest.mark.parametrize("scope", ["this", "following", "all"])
@pytest.mark.parametrize(
    "rule",
    ["FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=1,-1", "FREQ=YEARLY;BYWEEKNO=20,30", "monthly", "weekly"],
)
def test_new_title_adds_no_date_over_http(
    as_olive: Api, olive: User, scope: str, rule: str
) -> None:
    new_series(olive, date(2027, 1, 6), rule)
    before = rows()
    event = Event.objects.order_by("start_time")[1]
    as_olive.patch(f"/events/{event.pk}/?scope={scope}", {"title": "Reading"})
    assert rows() == before
    as_olive.put(f"/series/{Event.objects.get(pk=event.pk).series_id}/", {"title": "Singing"})
    assert rows() == before


@pytest.mark.usefixtures("a_monday_in_january")
def test_weekly_position_counts_from_the_beginning_of_the_week(as_olive: Api) -> None:
    body = {
        "title": "Jazz",
        "description": "Bring a chair.",
        "location": "Cellar",
        "start_time": "2027-01-06T18:00:00Z",  # a Wednesday: the first day of that week is over
        "end_time": "2027-01-06T20:00:00Z",
        "timezone": "UTC",
        "recurrence_pattern": "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=1;COUNT=3",
    }
    as_olive.post("/events/", body)
    days = Event.objects.order_by("start_time").values_list("series_day", flat=True)
    assert list(days) == [date(2027, 1, 11), date(2027, 1, 18), date(2027, 1, 25)]


@pytest.mark.usefixtures("a_monday_in_january")
def test_week_number_alone_means_the_weekday_of_the_start(as_olive: Api) -> None:
    body = {
        "title": "Jazz",
        "description": "Bring a chair.",
        "location": "Cellar",
        "start_time": "2027-01-06T18:00:00Z",  # a Wednesday
        "end_time": "2027-01-06T20:00:00Z",
        "timezone": "UTC",
        "recurrence_pattern": "FREQ=YEARLY;BYWEEKNO=20;COUNT=2",
    }
    as_olive.post("/events/", body)
    days = Event.objects.order_by("start_time").values_list("series_day", flat=True)
    assert list(days) == [date(2027, 5, 19), date(2028, 5, 17)]


@pytest.mark.usefixtures("a_monday_in_january")
def test_series_of_an_earlier_version_can_be_split(as_olive: Api, olive: User) -> None:
    """Its rows can be on days that its rule no longer names."""
    series = new_series(olive, date(2027, 1, 6), "FREQ=WEEKLY;BYDAY=WE;COUNT=3")
    rule = "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=1;COUNT=3"
    Series.objects.filter(pk=series.pk).update(recurrence_pattern=rule)
    before = rows()
    event = Event.objects.order_by("start_time")[1]
    as_olive.patch(f"/events/{event.pk}/?scope=following", {"title": "Reading"})
    assert rows() == before
    for row in Series.objects.all():
        as_olive.get(f"/series/{row.pk}/")
        as_olive.get(f"/series/{row.pk}/calendar.ics")


@pytest.mark.usefixtures("a_monday_in_january")
@pytest.mark.parametrize("scope", ["following", "all"])
def test_unchanged_days_add_no_date(as_olive: Api, scope: str) -> None:
    body = {
        "title": "Fair",
        "description": "Bring a chair.",
        "location": "Market",
        "start_time": "2027-01-12",
        "end_time": "2027-01-13",
        "is_all_day": True,
        "timezone": "Europe/Berlin",
        "recurrence_pattern": "weekly",
    }
    as_olive.post("/events/", body)
    before = rows()
    third = Event.objects.order_by("start_time")[2]
    shown = as_olive.get(f"/events/{third.pk}/")
    names = ("start_time", "end_time", "is_all_day", "timezone", "recurrence_pattern")
    changes = {name: shown[name] for name in names} | {"title": "Market day"}
    as_olive.patch(f"/events/{third.pk}/?scope={scope}", changes)
    assert rows() == before
