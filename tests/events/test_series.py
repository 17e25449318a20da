"""Creation and extension of series."""

from datetime import UTC, date, datetime, time, timedelta
from time import process_time
from typing import Any

import pytest
import time_machine

from accounts.models import User
from events.models import Event, Series, Tally
from events.recurrence import Recurrence
from events.series.extension import extend_all_series
from tests.client import Api, refusal
from tests.events.book_club import BERLIN, NOW, dates, days, weekly
from tests.factories import TagFactory

pytestmark = [pytest.mark.usefixtures("a_monday_in_january"), pytest.mark.both]


class TestCreate:
    def test_new_series_returns_its_first_date(self, as_olive: Api) -> None:
        first = as_olive.post("/events/", weekly())
        assert (first["is_recurring"], first["recurrence_pattern"], first["start_time"]) == (
            True,
            "FREQ=WEEKLY;COUNT=4",
            "2027-01-12T18:00:00Z",
        )
        assert days(first["series"]) == [
            "01-12 19:00", "01-19 19:00", "01-26 19:00", "02-02 19:00",
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("pattern", "expected"),
        [
            ("daily", ["2027-01-12", "2027-01-13", "2027-01-14"]),
            ("Weekly", ["2027-01-12", "2027-01-19", "2027-01-26"]),
            ("biweekly", ["2027-01-12", "2027-01-26", "2027-02-09"]),
            ("monthly", ["2027-01-12", "2027-02-12", "2027-03-12"]),
            ("yearly", ["2027-01-12", "2028-01-12"]),
            ("RRULE:FREQ=MONTHLY;BYDAY=2TU", ["2027-01-12", "2027-02-09", "2027-03-09"]),
            ("freq=weekly;byday=tu,th", ["2027-01-12", "2027-01-14", "2027-01-19"]),
        ],
    )
    def test_pattern_names_the_days(self, as_olive: Api, pattern: str, expected: list[str]) -> None:
        first = as_olive.post("/events/", weekly(recurrence_pattern=pattern))
        rows = Event.objects.filter(series=first["series"]).order_by("series_day")[:3]
        assert [str(row.series_day) for row in rows] == expected

    def test_open_rule_has_dates_for_twelve_months(self, as_olive: Api) -> None:
        first = as_olive.post("/events/", weekly(recurrence_pattern="weekly"))
        series = Series.objects.get(pk=first["series"])
        written = series.occurrences.order_by("series_day").values_list("series_day", flat=True)
        assert (len(written), str(written[52]), str(series.next_day)) == (
            53, "2028-01-11", "2028-01-18",
        )  # fmt: skip

    def test_start_outside_the_rule_moves_to_its_next_day(self, as_olive: Api) -> None:
        first = as_olive.post(
            "/events/", weekly(recurrence_pattern="FREQ=WEEKLY;BYDAY=MO,WE;COUNT=3")
        )
        assert days(first["series"]) == ["01-13 19:00", "01-18 19:00", "01-20 19:00"]

    def test_each_date_has_its_own_seats_tags_and_words(self, as_olive: Api) -> None:
        tag = TagFactory.create()
        first = as_olive.post("/events/", weekly(max_attendees=8, tags=[tag.slug]))
        shown = dates(as_olive, first["series"])
        assert [
            (occurrence["title"], occurrence["spots_left"], len(occurrence["tags"]))
            for occurrence in shown
        ] == [("Book club", 8, 1)] * 4

    def test_exdates_are_left_out(self, as_olive: Api) -> None:
        first = as_olive.post("/events/", weekly(exdates=["2027-01-12", "2027-01-26"]))
        assert days(first["series"]) == ["01-19 19:00", "02-02 19:00"]

    def test_rule_alone_makes_a_series(self, as_olive: Api) -> None:
        body = weekly()
        del body["is_recurring"]
        assert as_olive.post("/events/", body)["is_recurring"] is True

    def test_is_recurring_false_wins(self, as_olive: Api) -> None:
        event = as_olive.post("/events/", weekly(is_recurring=False))
        assert (event["is_recurring"], event["series"]) == (False, None)

    def test_draft_is_a_series_of_drafts(self, as_olive: Api, as_ada: Api) -> None:
        first = as_olive.post("/events/", weekly(status="draft"))
        assert len(dates(as_olive, first["series"], mine="true")) == 4
        assert dates(as_ada, first["series"]) == []

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ({"recurrence_pattern": "FREQ=SECONDLY"}, ("recurrence_pattern", "unknown_recurrence")),
            ({"recurrence_pattern": "FREQ=HOURLY"}, ("recurrence_pattern", "unknown_recurrence")),
            ({"recurrence_pattern": "fortnightly"}, ("recurrence_pattern", "unknown_recurrence")),
            (
                {"recurrence_pattern": "FREQ=DAILY;BYHOUR=3"},
                ("recurrence_pattern", "unknown_recurrence"),
            ),
            (
                {"recurrence_pattern": "FREQ=DAILY;COUNT=3;UNTIL=20270301"},
                ("recurrence_pattern", "unknown_recurrence"),
            ),
            (
                {"recurrence_pattern": "FREQ=DAILY;UNTIL=20270231"},
                ("recurrence_pattern", "unknown_recurrence"),
            ),
            (
                {"recurrence_pattern": "FREQ=YEARLY;UNTIL=99991231", "timezone": "America/Lima"},
                ("recurrence_pattern", "unknown_recurrence"),
            ),
            (
                {"recurrence_pattern": "FREQ=MONTHLY;BYDAY=53MO"},
                ("recurrence_pattern", "unknown_recurrence"),
            ),
            (
                {"recurrence_pattern": "FREQ=YEARLY;BYMONTH=12;BYDAY=-6SU"},
                ("recurrence_pattern", "unknown_recurrence"),
            ),
            (
                {"recurrence_pattern": "FREQ=DAILY;COUNT=1000000"},
                ("recurrence_pattern", "too_many_occurrences"),
            ),
            (
                {"recurrence_pattern": "FREQ=DAILY;UNTIL=20990101"},
                ("recurrence_pattern", "too_many_occurrences"),
            ),
            (
                {"recurrence_pattern": "FREQ=DAILY;UNTIL=20261231T000000Z"},
                ("recurrence_pattern", "until_before_start"),
            ),
            (
                {"recurrence_pattern": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"},
                ("recurrence_pattern", "no_occurrences"),
            ),
            ({"recurrence_pattern": ""}, ("recurrence_pattern", "required")),
            ({"recurrence_pattern": "x" * 501}, ("recurrence_pattern", "max_length")),
            ({"timezone": "Mars/Olympus"}, ("timezone", "invalid_timezone")),
            ({"exdates": ["2027-02-30"]}, ("exdates.0", "invalid")),
            ({"exdates": ["2027-01-12"] * 367}, ("exdates", "max_length")),
            ({"start_time": "2027-01-01T19:00:00"}, ("start_time", "start_in_past")),
            ({"end_time": "2027-01-12T18:00:00"}, ("end_time", "end_before_start")),
        ],
    )
    def test_invalid_series_creates_nothing(
        self, as_olive: Api, body: dict[str, Any], expected: tuple[str, str]
    ) -> None:
        problem = as_olive.post("/events/", weekly(**body), expect=400)
        assert refusal(problem) == (expected,)
        assert (Series.objects.count(), Event.objects.count()) == (0, 0)

    @pytest.mark.parametrize(
        ("pattern", "detail"),
        [
            ("FREQ=WEEKLY;BYDAY=XX", "BYDAY can't have this value."),
            ("FREQ=DAILY;INTERVAL=0", "INTERVAL can't have this value."),
            ("FREQ=DAILY;COUNT=2;COUNT=3", "The rule has COUNT twice."),
            (
                "FREQ=YEARLY;COUNT=300",
                "The rule has no day, or fewer than COUNT days up to the year 2200.",
            ),
        ],
    )
    def test_refusal_of_a_rule_names_the_part(
        self, as_olive: Api, pattern: str, detail: str
    ) -> None:
        problem = as_olive.post("/events/", weekly(recurrence_pattern=pattern), expect=400)
        assert problem["errors"][0]["detail"] == detail

    def test_series_without_days_is_refused(self, as_olive: Api) -> None:
        body = weekly(recurrence_pattern="FREQ=WEEKLY;COUNT=1", exdates=["2027-01-12"])
        problem = as_olive.post("/events/", body, expect=400)
        assert refusal(problem) == (("exdates", "no_occurrences"),)
        assert (Series.objects.count(), Event.objects.count()) == (0, 0)

    def test_rule_without_possible_days_is_refused_soon(self) -> None:
        started = process_time()
        never = "FREQ=DAILY;BYMONTH=1;BYDAY=MO;BYMONTHDAY=31;BYSETPOS=2"
        rule = Recurrence.parse(never, zone=BERLIN, at=time(19))
        assert rule.bounded_days(date(2027, 1, 12)) == []
        assert process_time() - started < 5


class TestClockChanges:
    def test_weekly_start_keeps_its_local_time(self, as_olive: Api) -> None:
        first = as_olive.post("/events/", weekly(recurrence_pattern="weekly"))
        rows = list(Event.objects.filter(series=first["series"]))
        assert {row.start_time.astimezone(BERLIN).strftime("%a %H:%M") for row in rows} == {
            "Tue 19:00"
        }
        assert {row.start_time.strftime("%H:%M") for row in rows} == {"17:00", "18:00"}
        assert {row.end_time - row.start_time for row in rows} == {timedelta(hours=2)}

    @pytest.mark.parametrize(
        ("first_day", "expected"),
        [
            # 28 March 2027: 02:00 becomes 03:00. The night has no 02:30.
            ("2027-03-27", ["01:30", "01:30", "00:30"]),
            # 31 October 2027: 03:00 becomes 02:00. The night has two.
            ("2027-10-30", ["00:30", "00:30", "01:30"]),
        ],
    )
    def test_start_in_a_skipped_or_repeated_hour_is_defined(
        self, as_olive: Api, first_day: str, expected: list[str]
    ) -> None:
        body = weekly(
            start_time=f"{first_day}T02:30:00",
            end_time=f"{first_day}T04:30:00",
            recurrence_pattern="FREQ=DAILY;COUNT=3",
        )
        first = as_olive.post("/events/", body)
        rows = Event.objects.filter(series=first["series"]).order_by("series_day")
        assert [f"{row.start_time:%H:%M}" for row in rows] == expected
        assert {row.end_time - row.start_time for row in rows} == {timedelta(hours=2)}


class TestHorizon:
    def test_task_creates_dates_up_to_the_horizon(self, as_olive: Api) -> None:
        first = as_olive.post("/events/", weekly(recurrence_pattern="weekly", max_attendees=3))
        with time_machine.travel(NOW + timedelta(days=21), tick=False):
            assert (extend_all_series(), extend_all_series()) == (2, 0)
        rows = Event.objects.filter(series=first["series"])
        assert rows.count() == Tally.objects.filter(event__in=rows, max_attendees=3).count() == 55

    def test_dates_missed_during_an_outage_are_not_created(self, as_olive: Api) -> None:
        first = as_olive.post("/events/", weekly(recurrence_pattern="weekly"))
        with time_machine.travel(datetime(2029, 1, 1, tzinfo=UTC), tick=False):
            extend_all_series()
            rows = Event.objects.filter(series=first["series"], series_day__gt=date(2028, 1, 11))
            assert str(min(row.series_day for row in rows if row.series_day)) == "2029-01-02"

    @pytest.mark.parametrize("is_over", ["cancelled", "deleted", "without an active organizer"])
    def test_past_series_is_not_extended(self, as_olive: Api, olive: User, is_over: str) -> None:
        first = as_olive.post("/events/", weekly(recurrence_pattern="weekly"))
        if is_over == "cancelled":
            as_olive.patch(f"/events/{first['id']}/?scope=all", {"status": "cancelled"})
        elif is_over == "deleted":
            as_olive.delete(f"/events/{first['id']}/?scope=all")
        else:
            User.objects.filter(pk=olive.pk).update(is_active=False)
        with time_machine.travel(NOW + timedelta(days=60), tick=False):
            assert extend_all_series() == 0

    def test_failing_series_does_not_stop_others(self, as_olive: Api) -> None:
        broken = as_olive.post("/events/", weekly(recurrence_pattern="weekly"))["series"]
        as_olive.post("/events/", weekly(recurrence_pattern="weekly"))
        Series.objects.filter(pk=broken).update(timezone="Mars/Olympus")
        with time_machine.travel(NOW + timedelta(days=14), tick=False):
            assert extend_all_series() == 1


def test_fractions_of_a_second_are_cut(as_olive: Api) -> None:
    """No calendar would show them."""
    first = as_olive.post("/events/", weekly(start_time="2027-01-12T19:00:00.5"))
    assert first["start_time"] == "2027-01-12T18:00:00Z"
