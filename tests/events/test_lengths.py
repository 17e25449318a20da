"""A start without an end keeps the length of the event."""

from datetime import date, timedelta
from typing import Any

import pytest

from accounts.models import User
from events.models import Event, Series
from tests.client import Api, refusal
from tests.events.book_club import days, four_dates
from tests.events.test_admin import change_page, form
from tests.factories import EventFactory, event_body

pytestmark = [pytest.mark.usefixtures("a_monday_in_january"), pytest.mark.both]

BERLIN = {"timezone": "Europe/Berlin"}


def times(shown: dict[str, Any]) -> tuple[str, str]:
    return shown["start_time"], shown["end_time"]


def concert(api: Api, **more: Any) -> dict[str, Any]:
    """From 19:00 to 22:00 in Berlin, on 6 March 2027."""
    span = {"start_time": "2027-03-06T19:00:00", "end_time": "2027-03-06T22:00:00"}
    event: dict[str, Any] = api.post("/events/", event_body(**BERLIN, **span, **more))
    return event


class TestSingleEvent:
    @pytest.mark.parametrize("method", ["put", "patch"])
    @pytest.mark.parametrize(
        ("start", "expected"),
        [
            ("2027-03-06T18:00:00", ("2027-03-06T17:00:00Z", "2027-03-06T20:00:00Z")),
            ("2027-03-20T19:00:00", ("2027-03-20T18:00:00Z", "2027-03-20T21:00:00Z")),
        ],
        ids=["earlier", "after the old end"],
    )
    def test_start_alone_moves_the_end(
        self, as_olive: Api, method: str, start: str, expected: tuple[str, str]
    ) -> None:
        path = f"/events/{concert(as_olive)['id']}/"
        assert times(getattr(as_olive, method)(path, {"start_time": start})) == expected

    def test_length_is_elapsed_time_across_a_clock_change(self, as_olive: Api) -> None:
        """On 28 March 2027 clocks in Berlin skip the hour from 2:00 to 3:00."""
        path = f"/events/{concert(as_olive)['id']}/"
        moved = as_olive.patch(path, {"start_time": "2027-03-28T00:30:00"})
        assert times(moved) == ("2027-03-27T23:30:00Z", "2027-03-28T02:30:00Z")

    def test_all_day_event_keeps_its_number_of_days(self, as_olive: Api) -> None:
        """One of the days has 23 hours, because of a clock change."""
        span = {"start_time": "2027-03-06", "end_time": "2027-03-08"}
        event = as_olive.post("/events/", event_body(**BERLIN, **span, is_all_day=True))
        moved = as_olive.patch(f"/events/{event['id']}/", {"start_time": "2027-03-27"})
        assert times(moved) == ("2027-03-27", "2027-03-29")

    def test_both_times_are_stored_as_sent(self, as_olive: Api) -> None:
        path = f"/events/{concert(as_olive)['id']}/"
        span = {"start_time": "2027-03-06T18:00:00", "end_time": "2027-03-06T22:00:00"}
        assert times(as_olive.patch(path, span)) == ("2027-03-06T17:00:00Z", "2027-03-06T21:00:00Z")

    def test_estimated_end_stays_estimated(self, as_olive: Api) -> None:
        event_id = concert(as_olive)["id"]
        Event.objects.filter(pk=event_id).update(end_time_known=False)
        moved = as_olive.patch(f"/events/{event_id}/", {"start_time": "2027-03-07T19:00:00"})
        assert moved["end_time_known"] is False
        moved = as_olive.patch(f"/events/{event_id}/", {"end_time": "2027-03-07T23:00:00"})
        assert moved["end_time_known"] is True

    def test_event_that_becomes_a_series_keeps_its_length(self, as_olive: Api) -> None:
        path = f"/events/{concert(as_olive)['id']}/"
        body = {"start_time": "2027-03-07T20:00:00", "recurrence_pattern": "FREQ=DAILY;COUNT=2"}
        series = Series.objects.get(pk=as_olive.patch(path, body)["series"])
        assert series.duration == timedelta(hours=3)

    def test_copy_keeps_the_length(self, as_olive: Api) -> None:
        body = {"start_time": "2027-04-06T19:00:00"}
        copied = as_olive.post(f"/events/{concert(as_olive)['id']}/copy/", body)
        assert times(copied) == ("2027-04-06T17:00:00Z", "2027-04-06T20:00:00Z")


class TestSeries:
    """Tuesdays from 19:00 to 21:00 in Berlin."""

    def spans(self, series: int) -> set[tuple[str, timedelta]]:
        rows = Event.objects.alive().filter(series=series)
        return {(row.start_time.strftime("%H:%M"), row.end_time - row.start_time) for row in rows}

    @pytest.mark.parametrize("scope", ["all", "following"])
    def test_start_alone_keeps_the_length_of_each_date(self, as_olive: Api, scope: str) -> None:
        series, ids = four_dates(as_olive)
        body = {"start_time": "2027-01-12T22:00:00"}
        moved = as_olive.patch(f"/events/{ids[0]}/?scope={scope}", body)
        assert times(moved) == ("2027-01-12T21:00:00Z", "2027-01-12T23:00:00Z")
        assert self.spans(series) == {("21:00", timedelta(hours=2))}

    def test_edited_date_keeps_its_own_length(self, as_olive: Api) -> None:
        series, ids = four_dates(as_olive)
        as_olive.patch(f"/events/{ids[1]}/", {"end_time": "2027-01-19T23:00:00"})
        body = {"start_time": "2027-01-19T20:00:00"}
        moved = as_olive.patch(f"/events/{ids[1]}/?scope=all", body)
        assert times(moved) == ("2027-01-19T19:00:00Z", "2027-01-19T23:00:00Z")
        others = Event.objects.filter(series=series).exclude(pk=ids[1])
        assert {row.end_time - row.start_time for row in others} == {timedelta(hours=2)}

    def test_all_day_series_keeps_its_number_of_days(self, as_olive: Api) -> None:
        span = {"start_time": "2027-03-20", "end_time": "2027-03-21", "is_all_day": True}
        rule = {"recurrence_pattern": "FREQ=WEEKLY;COUNT=3"}
        first = as_olive.post("/events/", event_body(**BERLIN, **span, **rule))
        path = f"/events/{first['id']}/?scope=all"
        as_olive.patch(path, {"start_time": "2027-03-21"})
        rows = Event.objects.filter(series=first["series"]).order_by("start_time")
        assert [row.days and row.days[0].day for row in rows] == [21, 28, 4]
        assert all(row.days and row.days[1] - row.days[0] == timedelta(1) for row in rows)

    def test_start_alone_moves_one_date(self, as_olive: Api) -> None:
        series, ids = four_dates(as_olive)
        moved = as_olive.patch(f"/events/{ids[1]}/", {"start_time": "2027-01-20T22:00:00"})
        assert times(moved) == ("2027-01-20T21:00:00Z", "2027-01-20T23:00:00Z")
        assert days(series)[0] == "01-12 19:00"

    def test_start_alone_on_the_series_itself(self, as_olive: Api) -> None:
        series, _ = four_dates(as_olive)
        as_olive.patch(f"/series/{series}/", {"start_time": "2027-01-12T22:00:00"})
        assert self.spans(series) == {("21:00", timedelta(hours=2))}

    def test_earlier_start_with_an_unchanged_end_lengthens_dates(self, as_olive: Api) -> None:
        series, ids = four_dates(as_olive)
        span = {"start_time": "2027-01-12T18:00:00", "end_time": "2027-01-12T21:00:00"}
        as_olive.patch(f"/events/{ids[0]}/?scope=all", span)
        assert self.spans(series) == {("17:00", timedelta(hours=3))}

    def test_unchanged_times_move_nothing(self, as_olive: Api) -> None:
        series, ids = four_dates(as_olive)
        as_olive.patch(f"/events/{ids[1]}/", {"start_time": "2027-01-20T22:00:00"})
        shown = as_olive.get(f"/events/{ids[1]}/")
        body = {name: shown[name] for name in ("start_time", "end_time")} | {"title": "Readers"}
        as_olive.patch(f"/events/{ids[1]}/?scope=all", body)
        assert days(series) == ["01-12 19:00", "01-20 22:00", "01-26 19:00", "02-02 19:00"]


@pytest.mark.parametrize(
    ("span", "last"),
    [
        ({}, "2200-12-31T22:00:00"),
        (
            {"start_time": "2027-03-06", "end_time": "2027-03-08", "is_all_day": True},
            "2200-12-30",
        ),
    ],
    ids=["with times", "all day"],
)
def test_length_is_not_kept_beyond_the_last_year(
    as_olive: Api, span: dict[str, Any], last: str
) -> None:
    """The response could not be sent back."""
    times_of_day = {"start_time": "2027-03-06T19:00:00", "end_time": "2027-03-06T22:00:00"}
    body = event_body(**BERLIN, **(times_of_day | span))
    path = f"/events/{as_olive.post('/events/', body)['id']}/"
    problem = as_olive.patch(path, {"start_time": last}, expect=400)
    assert refusal(problem) == (("start_time", "out_of_range"),)


def test_end_before_the_start_is_refused(as_olive: Api) -> None:
    path = f"/events/{concert(as_olive)['id']}/"
    problem = as_olive.patch(path, {"end_time": "2027-03-06T18:00:00"}, expect=400)
    assert refusal(problem) == (("end_time", "end_before_start"),)


class TestAdminForm:
    def test_empty_end_keeps_the_length(self, admin_page: Any, olive: User) -> None:
        event = EventFactory.create(created_by=olive)
        later = event.start_time + timedelta(days=30)
        admin_page(
            change_page(event), form(event, start_time=later) | {"end_time_0": "", "end_time_1": ""}
        )
        event.refresh_from_db()
        assert (event.start_time, event.end_time) == (later, later + timedelta(hours=2))

    def test_empty_end_keeps_the_days(self, admin_page: Any, as_olive: Api) -> None:
        span = {"start_time": "2027-03-06", "end_time": "2027-03-08", "is_all_day": True}
        event = Event.objects.get(pk=as_olive.post("/events/", event_body(**BERLIN, **span))["id"])
        body = form(event, is_all_day="on", timezone="Europe/Berlin") | {
            "start_time_0": "2027-03-27", "end_time_0": "", "end_time_1": "",
        }  # fmt: skip
        admin_page(change_page(event), body)
        event.refresh_from_db()
        assert event.days == (date(2027, 3, 27), date(2027, 3, 29))

    def test_shown_end_is_kept(self, admin_page: Any, olive: User) -> None:
        event = EventFactory.create(created_by=olive)
        before, earlier = event.end_time, event.start_time - timedelta(hours=1)
        admin_page(change_page(event), form(event, start_time=earlier))
        event.refresh_from_db()
        assert (event.start_time, event.end_time) == (earlier, before)

    def test_unchanged_end_in_a_repeated_hour_is_kept(self, admin_page: Any, as_olive: Api) -> None:
        """On 31 October 2027 clocks in Berlin show the hour from 2:00 to 3:00 twice."""
        span = {"start_time": "2027-10-30T20:00:00Z", "end_time": "2027-10-31T01:30:00Z"}
        event = Event.objects.get(pk=as_olive.post("/events/", event_body(**BERLIN, **span))["id"])
        local = event.start_time + timedelta(hours=1)
        shown = form(event, timezone="Europe/Berlin") | {"start_time_1": f"{local:%H}:00:00"}
        shown |= {"end_time_0": "2027-10-31", "end_time_1": "02:30:00"}
        admin_page(change_page(event), shown)
        before = event.end_time
        event.refresh_from_db()
        assert (event.start_time.isoformat(), event.end_time) == (
            "2027-10-30T19:00:00+00:00",
            before,
        )

    def test_new_event_requires_an_end(self, admin_page: Any) -> None:
        page = admin_page("/events/event/add/", form() | {"end_time_0": "", "end_time_1": ""})
        assert "This field is required." in page
        assert not Event.objects.exists()
