"""Series: which dates there are, and what becomes of them when the series changes."""

from datetime import UTC, date, datetime, time, timedelta
from time import process_time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from accounts.models import User
from events.models import Event, Series, Tally
from events.recurrence import Recurrence
from events.services.series import extend_all_series
from tests.client import Api, refusal
from tests.factories import EventFactory, TagFactory, event_body

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)  # a Monday


@pytest.fixture(autouse=True)
def a_monday_in_january() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def weekly(**more: Any) -> dict[str, Any]:
    """Tuesdays at 19:00 in Berlin, from 12 January 2027."""
    return event_body(
        **{
            "title": "Book club",
            "start_time": "2027-01-12T19:00:00",
            "end_time": "2027-01-12T21:00:00",
            "timezone": "Europe/Berlin",
            "is_recurring": True,
            "recurrence_pattern": "FREQ=WEEKLY;COUNT=4",
            **more,
        }
    )


def dates(api: Api, series: int, **query: Any) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = api.get(
        "/events/", series=series, when="all", limit=100, **query
    )["results"]
    return results


def days(series: int) -> list[str]:
    rows = Event.objects.alive().filter(series=series).order_by("start_time")
    return [row.start_time.astimezone(BERLIN).strftime("%m-%d %H:%M") for row in rows]


class TestCreate:
    def test_series_is_answered_with_its_first_date(self, as_olive: Api) -> None:
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

    def test_open_rule_is_written_twelve_months_ahead(self, as_olive: Api) -> None:
        first = as_olive.post("/events/", weekly(recurrence_pattern="weekly"))
        series = Series.objects.get(pk=first["series"])
        written = series.occurrences.order_by("series_day").values_list("series_day", flat=True)
        assert (len(written), str(written[52]), str(series.next_day)) == (
            53, "2028-01-11", "2028-01-18",
        )  # fmt: skip

    def test_start_that_the_rule_does_not_name_moves_to_its_next_day(self, as_olive: Api) -> None:
        first = as_olive.post(
            "/events/", weekly(recurrence_pattern="FREQ=WEEKLY;BYDAY=MO,WE;COUNT=3")
        )
        assert days(first["series"]) == ["01-13 19:00", "01-18 19:00", "01-20 19:00"]

    def test_each_date_has_its_own_seats_tags_and_words(self, as_olive: Api) -> None:
        tag = TagFactory.create()
        first = as_olive.post("/events/", weekly(max_attendees=8, tags=[tag.pk]))
        shown = dates(as_olive, first["series"])
        assert [(each["title"], each["spots_left"], len(each["tags"])) for each in shown] == [
            ("Book club", 8, 1)
        ] * 4

    def test_exdates_are_left_out(self, as_olive: Api) -> None:
        first = as_olive.post("/events/", weekly(exdates=["2027-01-12", "2027-01-26"]))
        assert days(first["series"]) == ["01-19 19:00", "02-02 19:00"]

    def test_a_rule_alone_says_that_it_recurs(self, as_olive: Api) -> None:
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
    def test_bad_series_is_refused_and_nothing_is_made(
        self, as_olive: Api, body: dict[str, Any], expected: tuple[str, str]
    ) -> None:
        problem = as_olive.post("/events/", weekly(**body), expect=400)
        assert refusal(problem) == (expected,)
        assert (Series.objects.count(), Event.objects.count()) == (0, 0)

    @pytest.mark.parametrize(
        ("pattern", "told"),
        [
            ("FREQ=WEEKLY;BYDAY=XX", "BYDAY cannot have this value."),
            ("FREQ=DAILY;INTERVAL=0", "INTERVAL cannot have this value."),
            ("FREQ=DAILY;COUNT=2;COUNT=3", "COUNT stands in the rule twice."),
            (
                "FREQ=YEARLY;COUNT=300",
                "The rule has no day, or fewer than COUNT up to the year 2200.",
            ),
        ],
    )
    def test_refusal_of_a_rule_names_the_part(self, as_olive: Api, pattern: str, told: str) -> None:
        problem = as_olive.post("/events/", weekly(recurrence_pattern=pattern), expect=400)
        assert problem["errors"][0]["detail"] == told

    def test_series_without_any_day_left_is_refused(self, as_olive: Api) -> None:
        body = weekly(recurrence_pattern="FREQ=WEEKLY;COUNT=1", exdates=["2027-01-12"])
        problem = as_olive.post("/events/", body, expect=400)
        assert refusal(problem) == (("exdates", "no_occurrences"),)
        assert (Series.objects.count(), Event.objects.count()) == (0, 0)

    def test_rule_of_a_million_days_that_never_come_is_answered_soon(self) -> None:
        started = process_time()
        never = "FREQ=DAILY;BYMONTH=1;BYDAY=MO;BYMONTHDAY=31;BYSETPOS=2"
        rule = Recurrence.parse(never, zone=BERLIN, at=time(19))
        assert rule.bounded_days(date(2027, 1, 12)) == []
        assert process_time() - started < 5


class TestClockChanges:
    def test_weekly_evening_stays_at_seven_across_both_changes(self, as_olive: Api) -> None:
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
    def test_hour_that_is_skipped_or_comes_twice_is_defined(
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
    def test_beat_writes_what_the_horizon_has_come_to(self, as_olive: Api) -> None:
        first = as_olive.post("/events/", weekly(recurrence_pattern="weekly", max_attendees=3))
        with time_machine.travel(NOW + timedelta(days=21), tick=False):
            assert (extend_all_series(), extend_all_series()) == (2, 0)
        rows = Event.objects.filter(series=first["series"])
        assert rows.count() == Tally.objects.filter(event__in=rows, max_attendees=3).count() == 55

    def test_dates_that_passed_while_nobody_wrote_are_not_made(self, as_olive: Api) -> None:
        first = as_olive.post("/events/", weekly(recurrence_pattern="weekly"))
        with time_machine.travel(datetime(2029, 1, 1, tzinfo=UTC), tick=False):
            extend_all_series()
            rows = Event.objects.filter(series=first["series"], series_day__gt=date(2028, 1, 11))
            assert str(min(row.series_day for row in rows if row.series_day)) == "2029-01-02"

    @pytest.mark.parametrize("is_over", ["cancelled", "deleted", "without an active organizer"])
    def test_series_that_is_over_is_not_written_on(
        self, as_olive: Api, olive: User, is_over: str
    ) -> None:
        first = as_olive.post("/events/", weekly(recurrence_pattern="weekly"))
        if is_over == "cancelled":
            as_olive.patch(f"/events/{first['id']}/?scope=all", {"status": "cancelled"})
        elif is_over == "deleted":
            as_olive.delete(f"/events/{first['id']}/?scope=all")
        else:
            User.objects.filter(pk=olive.pk).update(is_active=False)
        with time_machine.travel(NOW + timedelta(days=60), tick=False):
            assert extend_all_series() == 0

    def test_series_that_fails_holds_up_no_other(self, as_olive: Api) -> None:
        broken = as_olive.post("/events/", weekly(recurrence_pattern="weekly"))["series"]
        as_olive.post("/events/", weekly(recurrence_pattern="weekly"))
        Series.objects.filter(pk=broken).update(timezone="Mars/Olympus")
        with time_machine.travel(NOW + timedelta(days=14), tick=False):
            assert extend_all_series() == 1


def fourth_of(api: Api, **more: Any) -> tuple[int, list[int]]:
    """A series of four, and the ids of its dates."""
    series = api.post("/events/", weekly(**more))["series"]
    rows = Event.objects.filter(series=series).order_by("series_day")
    return series, list(rows.values_list("pk", flat=True))


class TestScopes:
    def test_this_changes_one_date(self, as_olive: Api) -> None:
        series, ids = fourth_of(as_olive)
        changed = as_olive.patch(f"/events/{ids[1]}/", {"title": "Book club at the lake"})
        assert (changed["id"], changed["series"]) == (ids[1], series)
        assert [each["title"] for each in dates(as_olive, series)] == [
            "Book club", "Book club at the lake", "Book club", "Book club",
        ]  # fmt: skip

    def test_all_keeps_what_one_date_has_of_its_own(self, as_olive: Api) -> None:
        series, ids = fourth_of(as_olive)
        as_olive.patch(f"/events/{ids[1]}/", {"title": "Special"})
        changes = {"title": "Reading", "location": "Library", "max_attendees": 5}
        as_olive.patch(f"/events/{ids[0]}/?scope=all", changes)
        assert [
            (each["title"], each["location"], each["max_attendees"])
            for each in dates(as_olive, series)
        ] == [
            ("Reading", "Library", 5), ("Special", "Library", 5),
            ("Reading", "Library", 5), ("Reading", "Library", 5),
        ]  # fmt: skip

    def test_who_names_an_edited_date_changes_it_too(self, as_olive: Api) -> None:
        series, ids = fourth_of(as_olive)
        as_olive.patch(f"/events/{ids[1]}/", {"title": "Special"})
        as_olive.patch(f"/events/{ids[1]}/?scope=all", {"title": "Reading"})
        assert {each["title"] for each in dates(as_olive, series)} == {"Reading"}

    def test_all_moves_every_date_to_the_new_time(self, as_olive: Api) -> None:
        series, ids = fourth_of(as_olive)
        as_olive.patch(
            f"/events/{ids[2]}/?scope=all",
            {"start_time": "2027-01-27T20:00:00", "end_time": "2027-01-27T22:30:00"},
        )
        assert days(series) == ["01-13 20:00", "01-20 20:00", "01-27 20:00", "02-03 20:00"]
        assert [each["id"] for each in dates(as_olive, series)] == ids

    def test_date_that_was_moved_alone_stays_where_it_is(self, as_olive: Api) -> None:
        series, ids = fourth_of(as_olive)
        as_olive.patch(
            f"/events/{ids[1]}/",
            {"start_time": "2027-01-20T18:00:00", "end_time": "2027-01-20T20:00:00"},
        )
        as_olive.patch(f"/events/{ids[0]}/?scope=all", {"end_time": "2027-01-12T23:00:00"})
        ends = Event.objects.filter(series=series).order_by("series_day")
        assert [f"{row.end_time.astimezone(BERLIN):%d %H:%M}" for row in ends] == [
            "12 23:00", "20 20:00", "26 23:00", "02 23:00",
        ]  # fmt: skip

    def test_what_is_sent_back_as_it_was_shown_moves_nothing(self, as_olive: Api) -> None:
        series, ids = fourth_of(as_olive)
        as_olive.patch(
            f"/events/{ids[1]}/",
            {"start_time": "2027-01-20T18:00:00", "end_time": "2027-01-20T20:00:00"},
        )
        shown = as_olive.get(f"/events/{ids[1]}/")
        as_olive.put(f"/events/{ids[1]}/?scope=all", {**shown, "title": "Reading"})
        assert days(series) == ["01-12 19:00", "01-20 18:00", "01-26 19:00", "02-02 19:00"]
        assert {each["title"] for each in dates(as_olive, series)} == {"Reading"}

    def test_following_splits_the_series_and_keeps_the_ids(self, as_olive: Api) -> None:
        series, ids = fourth_of(as_olive)
        later = as_olive.patch(f"/events/{ids[2]}/?scope=following", {"title": "Reading"})
        assert later["series"] != series
        assert [each["id"] for each in dates(as_olive, series)] == ids[:2]
        assert [each["id"] for each in dates(as_olive, later["series"])] == ids[2:]
        assert {each["title"] for each in dates(as_olive, later["series"])} == {"Reading"}
        assert (later["recurrence_pattern"], as_olive.get(f"/events/{ids[0]}/")["title"]) == (
            "FREQ=WEEKLY;COUNT=2",
            "Book club",
        )
        assert as_olive.get(f"/series/{series}/")["recurrence_pattern"] == (
            "FREQ=WEEKLY;UNTIL=20270119T180000Z"
        )

    def test_following_from_the_first_date_is_all(self, as_olive: Api) -> None:
        series, ids = fourth_of(as_olive)
        as_olive.patch(f"/events/{ids[0]}/?scope=following", {"title": "Reading"})
        assert Series.objects.count() == 1
        assert {each["title"] for each in dates(as_olive, series)} == {"Reading"}

    def test_open_series_that_was_split_goes_on_in_its_later_half_only(self, as_olive: Api) -> None:
        _, ids = fourth_of(as_olive, recurrence_pattern="weekly")
        later = as_olive.patch(f"/events/{ids[2]}/?scope=following", {"title": "Reading"})
        with time_machine.travel(NOW + timedelta(days=35), tick=False):
            assert extend_all_series() == 2
        assert Event.objects.filter(series=later["series"]).count() == 55

    def test_new_rule_keeps_the_rows_of_the_days_that_stay(self, as_olive: Api) -> None:
        series, ids = fourth_of(as_olive)
        as_olive.patch(
            f"/events/{ids[0]}/?scope=all", {"recurrence_pattern": "FREQ=WEEKLY;INTERVAL=2;COUNT=3"}
        )
        assert days(series) == ["01-12 19:00", "01-26 19:00", "02-09 19:00"]
        assert [each["id"] for each in dates(as_olive, series)][:2] == [ids[0], ids[2]]

    def test_new_weekday_moves_the_rows_to_it(self, as_olive: Api) -> None:
        series, ids = fourth_of(as_olive, recurrence_pattern="FREQ=WEEKLY;BYDAY=TU;COUNT=4")
        as_olive.patch(
            f"/events/{ids[0]}/?scope=all", {"recurrence_pattern": "FREQ=WEEKLY;BYDAY=FR;COUNT=4"}
        )
        assert days(series) == ["01-15 19:00", "01-22 19:00", "01-29 19:00", "02-05 19:00"]
        assert [each["id"] for each in dates(as_olive, series)] == ids

    def test_date_that_the_rule_drops_is_cancelled_where_somebody_answered(
        self, as_olive: Api, as_ada: Api
    ) -> None:
        series, ids = fourth_of(as_olive)
        as_ada.post(f"/events/{ids[1]}/rsvp/", {"status": "going"})
        as_olive.patch(
            f"/events/{ids[0]}/?scope=all", {"recurrence_pattern": "FREQ=WEEKLY;INTERVAL=2;COUNT=2"}
        )
        assert as_ada.get(f"/events/{ids[1]}/")["status"] == "cancelled"
        as_ada.get(f"/events/{ids[3]}/", expect=404)
        assert [each["id"] for each in dates(as_olive, series)] == [ids[0], ids[2]]

    def test_day_that_comes_back_is_a_new_date(self, as_olive: Api) -> None:
        series, ids = fourth_of(as_olive)
        as_olive.patch(f"/events/{ids[0]}/?scope=all", {"exdates": ["2027-01-19"]})
        as_olive.patch(f"/events/{ids[0]}/?scope=all", {"exdates": []})
        assert days(series) == ["01-12 19:00", "01-19 19:00", "01-26 19:00", "02-02 19:00"]

    def test_another_day_for_a_rule_that_names_days_wants_the_new_rule(self, as_olive: Api) -> None:
        series, ids = fourth_of(as_olive, recurrence_pattern="FREQ=WEEKLY;BYDAY=TU;COUNT=4")
        moved = {"start_time": "2027-01-13T19:00:00", "end_time": "2027-01-13T21:00:00"}
        problem = as_olive.patch(f"/events/{ids[0]}/?scope=all", moved, expect=400)
        assert refusal(problem) == (("recurrence_pattern", "recurrence_required"),)
        rule = {"recurrence_pattern": "FREQ=WEEKLY;BYDAY=WE;COUNT=4"}
        as_olive.patch(f"/events/{ids[0]}/?scope=all", {**moved, **rule})
        assert days(series) == ["01-13 19:00", "01-20 19:00", "01-27 19:00", "02-03 19:00"]
        assert [each["id"] for each in dates(as_olive, series)] == ids

    def test_one_refusal_changes_nothing(self, as_olive: Api, as_ada: Api, as_sam: Api) -> None:
        series, ids = fourth_of(as_olive)
        for api in (as_ada, as_sam):
            api.post(f"/events/{ids[3]}/rsvp/", {"status": "going"})
        changes = {"title": "Reading", "max_attendees": 1}
        problem = as_olive.patch(f"/events/{ids[0]}/?scope=all", changes, expect=400)
        assert refusal(problem) == (("max_attendees", "capacity_below_attendance"),)
        assert problem["errors"][0]["detail"].startswith("2027-02-02: ")
        assert {(each["title"], each["max_attendees"]) for each in dates(as_olive, series)} == {
            ("Book club", None)
        }

    def test_what_has_started_stays_as_it_was(self, as_olive: Api) -> None:
        series, ids = fourth_of(as_olive)
        with time_machine.travel(datetime(2027, 1, 20, tzinfo=UTC), tick=False):
            later = {"start_time": "2027-01-26T20:00:00", "end_time": "2027-01-26T22:00:00"}
            api = Api(User.objects.get(username="olive"))
            api.patch(f"/events/{ids[2]}/?scope=all", {"title": "Reading", **later})
        assert days(series) == ["01-12 19:00", "01-19 19:00", "01-26 20:00", "02-02 20:00"]
        titles = Event.objects.filter(series=series).order_by("series_day")
        assert list(titles.values_list("title", flat=True)) == [
            "Book club", "Book club", "Reading", "Reading",
        ]  # fmt: skip

    def test_all_cancels_what_is_to_come(self, as_olive: Api, as_ada: Api) -> None:
        series, ids = fourth_of(as_olive)
        reason = {"status": "cancelled", "cancellation_reason": "The club has closed."}
        shown = as_olive.patch(f"/events/{ids[1]}/?scope=all", reason)
        assert (shown["status"], shown["cancellation_reason"]) == (
            "cancelled",
            "The club has closed.",
        )
        assert {as_ada.get(f"/events/{pk}/")["status"] for pk in ids} == {"cancelled"}
        problem = as_olive.patch(f"/series/{series}/", {"title": "Again"}, expect=409)
        assert refusal(problem) == ("series_cancelled",)

    def test_series_of_the_past_cannot_be_changed(self, as_olive: Api, olive: User) -> None:
        series, _ = fourth_of(as_olive)
        with time_machine.travel(NOW + timedelta(days=60), tick=False):
            problem = Api(olive).patch(f"/series/{series}/", {"title": "Again"}, expect=409)
        assert refusal(problem) == ("series_over",)

    def test_all_publishes_the_drafts(self, as_olive: Api, as_ada: Api) -> None:
        series, ids = fourth_of(as_olive, status="draft")
        as_olive.patch(f"/events/{ids[0]}/?scope=all", {"status": "published"})
        assert [each["id"] for each in dates(as_ada, series)] == ids

    def test_rule_cannot_be_changed_for_one_date(self, as_olive: Api) -> None:
        _, ids = fourth_of(as_olive)
        body = {"recurrence_pattern": "daily"}
        problem = as_olive.patch(f"/events/{ids[0]}/", body, expect=400)
        assert refusal(problem) == (("recurrence_pattern", "scope_required"),)

    def test_single_event_has_no_scope(self, as_olive: Api, olive: User) -> None:
        event = EventFactory.create(created_by=olive)
        problem = as_olive.patch(f"/events/{event.pk}/?scope=all", {"title": "X"}, expect=400)
        assert refusal(problem) == (("scope", "not_recurring"),)

    def test_unknown_scope_is_refused(self, as_olive: Api) -> None:
        _, ids = fourth_of(as_olive)
        problem = as_olive.patch(f"/events/{ids[0]}/?scope=none", {"title": "X"}, expect=400)
        assert refusal(problem) == (("scope", "invalid_choice"),)
        assert problem["errors"][0]["detail"] == "Write one of: this, following, all."

    def test_stranger_changes_nothing(self, as_olive: Api, as_sam: Api) -> None:
        _, ids = fourth_of(as_olive)
        as_sam.patch(f"/events/{ids[0]}/?scope=all", {"title": "X"}, expect=403)
        as_sam.delete(f"/events/{ids[0]}/?scope=all", expect=403)

    def test_single_event_becomes_a_series(self, as_olive: Api, as_ada: Api) -> None:
        event = as_olive.post("/events/", weekly(is_recurring=False))
        as_ada.post(f"/events/{event['id']}/rsvp/", {"status": "going"})
        changed = as_olive.patch(f"/events/{event['id']}/", weekly(title="Reading"))
        assert (changed["id"], changed["title"], changed["going_count"]) == (
            event["id"],
            "Reading",
            1,
        )
        assert days(changed["series"]) == [
            "01-12 19:00", "01-19 19:00", "01-26 19:00", "02-02 19:00",
        ]  # fmt: skip

    def test_event_on_no_day_of_the_rule_becomes_no_series(self, as_olive: Api) -> None:
        event = as_olive.post("/events/", weekly(is_recurring=False))
        body = {"recurrence_pattern": "FREQ=WEEKLY;BYDAY=FR", "title": "Reading"}
        problem = as_olive.patch(f"/events/{event['id']}/", body, expect=400)
        assert refusal(problem) == (("recurrence_pattern", "not_a_day_of_the_rule"),)
        assert as_olive.get(f"/events/{event['id']}/")["title"] == "Book club"


class TestDelete:
    def test_this_is_an_exception_of_the_rule(self, as_olive: Api) -> None:
        series, ids = fourth_of(as_olive, recurrence_pattern="weekly")
        as_olive.delete(f"/events/{ids[1]}/")
        assert as_olive.get(f"/series/{series}/")["exdates"] == ["2027-01-19"]
        with time_machine.travel(NOW + timedelta(days=8), tick=False):
            extend_all_series()
        assert "01-19 19:00" not in days(series)[:3]

    def test_following_ends_the_series(self, as_olive: Api) -> None:
        series, ids = fourth_of(as_olive)
        as_olive.delete(f"/events/{ids[2]}/?scope=following")
        assert [each["id"] for each in dates(as_olive, series)] == ids[:2]
        assert as_olive.get(f"/series/{series}/")["recurrence_pattern"] == (
            "FREQ=WEEKLY;UNTIL=20270119T180000Z"
        )

    def test_all_leaves_what_has_started(self, as_olive: Api) -> None:
        series, ids = fourth_of(as_olive)
        with time_machine.travel(datetime(2027, 1, 20, tzinfo=UTC), tick=False):
            Api(User.objects.get(username="olive")).delete(f"/events/{ids[3]}/?scope=all")
        alive = Event.objects.alive().filter(series=series).order_by("pk")
        assert list(alive.values_list("pk", flat=True)) == ids[:2]
        as_olive.get(f"/series/{series}/", expect=404)


class TestSeries:
    def test_organizer_sees_the_rule_and_the_next_date(self, as_olive: Api) -> None:
        series, ids = fourth_of(as_olive, max_attendees=8)
        shown = as_olive.get(f"/series/{series}/")
        assert {name: shown[name] for name in ("first_day", "local_time", "duration")} == {
            "first_day": "2027-01-12",
            "local_time": "19:00:00",
            "duration": "P0DT02H00M00S",
        }
        assert shown["next_date"]["id"] == ids[0]

    def test_others_may_not_see_it(self, as_olive: Api, as_sam: Api) -> None:
        series, _ = fourth_of(as_olive)
        assert refusal(as_sam.get(f"/series/{series}/", expect=403)) == ("owner_required",)

    def test_draft_of_others_is_not_there(self, as_olive: Api, as_sam: Api) -> None:
        series, _ = fourth_of(as_olive, status="draft")
        as_sam.get(f"/series/{series}/", expect=404)

    def test_change_keeps_what_the_next_date_has_of_its_own(self, as_olive: Api) -> None:
        series, ids = fourth_of(as_olive)
        as_olive.patch(f"/events/{ids[0]}/", {"title": "Opening"})
        as_olive.patch(f"/series/{series}/", {"title": "Reading"})
        assert [each["title"] for each in dates(as_olive, series)] == [
            "Opening", "Reading", "Reading", "Reading",
        ]  # fmt: skip

    def test_start_is_that_of_the_next_date(self, as_olive: Api) -> None:
        series, _ = fourth_of(as_olive)
        as_olive.put(
            f"/series/{series}/",
            {"start_time": "2027-01-12T18:00:00", "end_time": "2027-01-12T20:00:00"},
        )
        assert days(series) == ["01-12 18:00", "01-19 18:00", "01-26 18:00", "02-02 18:00"]

    def test_delete_takes_all_dates(self, as_olive: Api) -> None:
        series, _ = fourth_of(as_olive)
        as_olive.delete(f"/series/{series}/")
        assert days(series) == []


class TestCopy:
    def test_copy_is_a_draft_with_the_same_content(self, as_olive: Api) -> None:
        tag = TagFactory.create()
        event = as_olive.post("/events/", weekly(max_attendees=8, tags=[tag.pk]))
        copied = as_olive.post(f"/events/{event['id']}/copy/")
        same = ["title", "description", "location", "start_time", "end_time", "timezone",
                "max_attendees", "tags", "category"]  # fmt: skip
        assert {name: copied[name] for name in same} == {name: event[name] for name in same}
        assert (copied["status"], copied["is_recurring"], copied["id"] != event["id"]) == (
            "draft",
            False,
            True,
        )

    def test_body_says_what_is_different(self, as_olive: Api) -> None:
        event = as_olive.post("/events/", weekly())
        body = {"title": "Again", "start_time": "2027-03-01T10:00:00", "status": "published"}
        copied = as_olive.post(f"/events/{event['id']}/copy/", body)
        assert (copied["title"], copied["start_time"], copied["end_time"], copied["status"]) == (
            "Again",
            "2027-03-01T09:00:00Z",
            "2027-03-01T11:00:00Z",
            "published",
        )

    def test_copy_can_be_a_series(self, as_olive: Api, olive: User) -> None:
        event = EventFactory.create(created_by=olive)
        body = {"recurrence_pattern": "FREQ=DAILY;COUNT=2"}
        copied = as_olive.post(f"/events/{event.pk}/copy/", body)
        assert Event.objects.filter(series=copied["series"]).count() == 2

    def test_past_event_wants_a_new_start(self, as_olive: Api, olive: User) -> None:
        event = EventFactory.create(created_by=olive)
        with time_machine.travel(NOW + timedelta(days=30), tick=False):
            api = Api(olive)
            problem = api.post(f"/events/{event.pk}/copy/", expect=400)
        assert refusal(problem) == (("start_time", "start_in_past"),)

    def test_cancelled_copy_is_refused(self, as_olive: Api, olive: User) -> None:
        event = EventFactory.create(created_by=olive)
        problem = as_olive.post(f"/events/{event.pk}/copy/", {"status": "cancelled"}, expect=400)
        assert refusal(problem) == (("status", "invalid_choice"),)

    def test_stranger_copies_nothing(self, as_sam: Api) -> None:
        as_sam.post(f"/events/{EventFactory.create().pk}/copy/", expect=403)

    def test_who_is_no_organizer_any_more_copies_nothing(self, as_olive: Api, olive: User) -> None:
        event = EventFactory.create(created_by=olive)
        User.objects.filter(pk=olive.pk).update(is_organizer=False)
        problem = as_olive.post(f"/events/{event.pk}/copy/", expect=403)
        assert refusal(problem) == ("organizer_required",)


def test_fractions_of_a_second_are_cut(as_olive: Api) -> None:
    """No calendar would show them."""
    first = as_olive.post("/events/", weekly(start_time="2027-01-12T19:00:00.5"))
    assert first["start_time"] == "2027-01-12T18:00:00Z"
