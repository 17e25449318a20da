"""All-day events: whole days of their time zone, in the API, in calendars and in mails."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from events.all_day import bounds, stored_days
from events.models import Event, Series
from notifications.models import Notification
from rsvp.messages.announcements import fan_out
from rsvp.services import join_event
from tests.client import Api, refusal
from tests.events.book_club import BERLIN
from tests.events.calendars import read
from tests.factories import event_body

Page = Callable[..., str]

pytestmark = pytest.mark.usefixtures("a_monday_in_january")


def all_day(**changes: Any) -> dict[str, Any]:
    """Days around the start of summer time in Berlin."""
    return event_body(
        **{
            "is_all_day": True,
            "start_time": "2027-03-27",
            "end_time": "2027-03-28",
            "timezone": "Europe/Berlin",
            **changes,
        }
    )


def days(event: dict[str, Any]) -> tuple[bool, str, str]:
    return event["is_all_day"], event["start_time"], event["end_time"]


def stored(event: dict[str, Any]) -> tuple[str, str]:
    row = Event.objects.get(pk=event["id"])
    return row.start_time.isoformat(), row.end_time.isoformat()


class TestOneEvent:
    def test_response_has_the_days_of_the_request(self, as_olive: Api) -> None:
        event = as_olive.post("/events/", all_day())
        assert days(event) == (True, "2027-03-27", "2027-03-28")
        assert as_olive.get(f"/events/{event['id']}/") == event

    def test_last_day_is_included_across_a_clock_change(self, as_olive: Api) -> None:
        event = as_olive.post("/events/", all_day())
        assert stored(event) == ("2027-03-26T23:00:00+00:00", "2027-03-28T22:00:00+00:00")

    @pytest.mark.parametrize("field", ["start_time", "end_time"])
    def test_time_of_day_is_refused(self, as_olive: Api, field: str) -> None:
        problem = as_olive.post("/events/", all_day(**{field: "2027-03-28T00:00:00"}), expect=400)
        assert refusal(problem) == ((field, "invalid"),)

    def test_last_day_before_the_first_is_refused(self, as_olive: Api) -> None:
        problem = as_olive.post("/events/", all_day(end_time="2027-03-26"), expect=400)
        assert refusal(problem) == (("end_time", "end_before_start"),)

    @pytest.mark.parametrize("day", ["2027-02-30", "2027-13-01", "1969-12-31", "2201-01-01"])
    def test_nonexistent_day_is_refused(self, as_olive: Api, day: str) -> None:
        problem = as_olive.post("/events/", all_day(start_time=day), expect=400)
        assert problem["errors"][0]["field"] == "start_time"

    def test_response_can_be_sent_back(self, as_olive: Api) -> None:
        event = as_olive.post("/events/", all_day())
        again = as_olive.put(f"/events/{event['id']}/", event)
        assert (days(again), again["updated_at"]) == (days(event), event["updated_at"])

    def test_new_first_day_keeps_the_number_of_days(self, as_olive: Api) -> None:
        event = as_olive.post("/events/", all_day())
        moved = as_olive.patch(f"/events/{event['id']}/", {"start_time": "2027-04-10"})
        assert days(moved) == (True, "2027-04-10", "2027-04-11")

    def test_new_zone_keeps_the_days(self, as_olive: Api) -> None:
        event = as_olive.post("/events/", all_day())
        moved = as_olive.patch(f"/events/{event['id']}/", {"timezone": "Pacific/Auckland"})
        assert days(moved) == days(event)
        assert stored(moved)[0] == "2027-03-26T11:00:00+00:00"

    def test_event_with_times_becomes_all_day_on_its_days(self, as_olive: Api) -> None:
        body = all_day(
            is_all_day=False, start_time="2027-03-27T19:00:00", end_time="2027-03-28T02:00:00"
        )
        event = as_olive.post("/events/", body)
        changed = as_olive.patch(f"/events/{event['id']}/", {"is_all_day": True})
        assert days(changed) == (True, "2027-03-27", "2027-03-28")

    def test_end_at_midnight_does_not_include_the_next_day(self, as_olive: Api) -> None:
        body = all_day(
            is_all_day=False, start_time="2027-03-27T19:00:00", end_time="2027-03-28T00:00:00"
        )
        event = as_olive.post("/events/", body)
        changed = as_olive.patch(f"/events/{event['id']}/", {"is_all_day": True})
        assert days(changed) == (True, "2027-03-27", "2027-03-27")

    def test_turning_all_day_off_needs_times(self, as_olive: Api) -> None:
        path = f"/events/{as_olive.post('/events/', all_day())['id']}/"
        problem = as_olive.patch(path, {"is_all_day": False}, expect=400)
        assert refusal(problem) == (("start_time", "required"),)
        times = {"start_time": "2027-03-27T19:00:00", "end_time": "2027-03-27T22:00:00"}
        timed = as_olive.patch(path, {"is_all_day": False} | times)
        assert days(timed) == (False, "2027-03-27T18:00:00Z", "2027-03-27T21:00:00Z")

    def test_copy_has_the_same_number_of_days(self, as_olive: Api) -> None:
        event = as_olive.post("/events/", all_day())
        copied = as_olive.post(f"/events/{event['id']}/copy/", {"start_time": "2027-05-01"})
        assert days(copied) == (True, "2027-05-01", "2027-05-02")

    def test_date_without_a_time_means_midnight(self, as_olive: Api) -> None:
        event = as_olive.post("/events/", all_day(is_all_day=False))
        assert days(event) == (False, "2027-03-26T23:00:00Z", "2027-03-27T23:00:00Z")

    def test_rsvps_show_the_day(self, as_olive: Api, as_ada: Api) -> None:
        event = as_olive.post("/events/", all_day())
        as_ada.post(f"/events/{event['id']}/rsvp/", {"status": "going"})
        [rsvp] = as_ada.get("/rsvps/")["results"]
        assert rsvp["event"]["start_time"] == "2027-03-27"

    def test_numbers_show_the_days(self, as_olive: Api) -> None:
        event = as_olive.post("/events/", all_day())
        shown = as_olive.get(f"/events/{event['id']}/analytics/")["event"]
        assert (shown["start_time"], shown["end_time"]) == ("2027-03-27", "2027-03-28")


class TestCalendar:
    def test_event_has_dates(self, as_olive: Api) -> None:
        event = as_olive.post("/events/", all_day())
        file = as_olive.get(f"/events/{event['id']}/calendar.ics")
        assert b"DTSTART;VALUE=DATE:20270327\r\nDTEND;VALUE=DATE:20270329\r\n" in file
        assert b"VTIMEZONE" not in file

    def test_series_has_dates(self, as_olive: Api) -> None:
        rule = {"recurrence_pattern": "FREQ=WEEKLY;UNTIL=20270424", "exdates": ["2027-04-03"]}
        first = as_olive.post("/events/", all_day(**rule))
        file = as_olive.get(f"/series/{first['series']}/calendar.ics")
        [entry] = read(file).events
        assert (entry.start, entry.end) == (date(2027, 3, 27), date(2027, 3, 29))
        assert b"RRULE:FREQ=WEEKLY;UNTIL=20270424\r\n" in file
        assert b"EXDATE;VALUE=DATE:20270403\r\n" in file

    def test_moved_occurrence_names_the_day_of_its_rule(self, as_olive: Api) -> None:
        first = as_olive.post("/events/", all_day(recurrence_pattern="FREQ=WEEKLY;COUNT=2"))
        times = {"start_time": "2027-03-27T19:00:00", "end_time": "2027-03-27T22:00:00"}
        as_olive.patch(f"/events/{first['id']}/", {"is_all_day": False} | times)
        file = as_olive.get(f"/series/{first['series']}/calendar.ics")
        assert b"RECURRENCE-ID;VALUE=DATE:20270327\r\n" in file
        assert b"DTSTART;TZID=Europe/Berlin:20270327T190000\r\n" in file


class TestSeries:
    def test_each_occurrence_lasts_whole_days(self, as_olive: Api) -> None:
        first = as_olive.post("/events/", all_day(recurrence_pattern="FREQ=WEEKLY;COUNT=3"))
        rows = Event.objects.filter(series=first["series"]).order_by("start_time")
        assert [row.days for row in rows] == [
            (date(2027, 3, 27), date(2027, 3, 28)),
            (date(2027, 4, 3), date(2027, 4, 4)),
            (date(2027, 4, 10), date(2027, 4, 11)),
        ]
        series = as_olive.get(f"/series/{first['series']}/")
        assert (series["is_all_day"], series["local_time"], series["duration"]) == (
            True, "00:00:00", "P2DT00H00M00S",
        )  # fmt: skip
        assert series["next_date"] == {
            "id": first["id"], "start_time": "2027-03-27", "end_time": "2027-03-28",
        }  # fmt: skip

    def test_all_occurrences_move_together(self, as_olive: Api) -> None:
        first = as_olive.post("/events/", all_day(recurrence_pattern="FREQ=WEEKLY;COUNT=2"))
        days_of_second = {"start_time": "2027-03-29", "end_time": "2027-03-31"}
        as_olive.patch(f"/events/{first['id']}/?scope=all", days_of_second)
        rows = Event.objects.filter(series=first["series"]).order_by("start_time")
        assert [row.days for row in rows] == [
            (date(2027, 3, 29), date(2027, 3, 31)),
            (date(2027, 4, 5), date(2027, 4, 7)),
        ]

    def test_new_zone_keeps_the_days_of_all_occurrences(self, as_olive: Api) -> None:
        first = as_olive.post("/events/", all_day(recurrence_pattern="FREQ=WEEKLY;COUNT=2"))
        as_olive.patch(f"/series/{first['series']}/", {"timezone": "America/Los_Angeles"})
        rows = Event.objects.filter(series=first["series"]).order_by("start_time")
        assert [row.days for row in rows] == [
            (date(2027, 3, 27), date(2027, 3, 28)),
            (date(2027, 4, 3), date(2027, 4, 4)),
        ]

    def test_series_with_times_becomes_all_day_and_back(self, as_olive: Api) -> None:
        body = all_day(
            is_all_day=False,
            start_time="2027-03-27T19:00:00",
            end_time="2027-03-27T21:00:00",
            recurrence_pattern="FREQ=WEEKLY;COUNT=2",
        )
        first = as_olive.post("/events/", body)
        path = f"/events/{first['id']}/?scope=all"
        rows = Event.objects.filter(series=first["series"]).order_by("start_time")
        as_olive.patch(path, {"is_all_day": True})
        assert [row.days for row in rows.all()] == [
            (date(2027, 3, 27), date(2027, 3, 27)),
            (date(2027, 4, 3), date(2027, 4, 3)),
        ]
        times = {"start_time": "2027-03-27T18:00:00", "end_time": "2027-03-27T19:30:00"}
        as_olive.patch(path, {"is_all_day": False} | times)
        assert [f"{row.start_time.astimezone(BERLIN):%m-%d %H:%M}" for row in rows.all()] == [
            "03-27 18:00", "04-03 18:00",
        ]  # fmt: skip
        assert [row.end_time - row.start_time for row in rows.all()] == [timedelta(minutes=90)] * 2

    def test_occurrence_edited_alone_keeps_its_times(self, as_olive: Api) -> None:
        first = as_olive.post("/events/", all_day(recurrence_pattern="FREQ=WEEKLY;COUNT=2"))
        times = {"start_time": "2027-03-27T19:00:00", "end_time": "2027-03-27T22:00:00"}
        alone = as_olive.patch(f"/events/{first['id']}/", {"is_all_day": False} | times)
        as_olive.patch(f"/series/{first['series']}/", {"timezone": "America/New_York"})
        assert days(as_olive.get(f"/events/{first['id']}/")) == days(alone)

    def test_single_event_becomes_a_series(self, as_olive: Api) -> None:
        event = as_olive.post("/events/", all_day())
        as_olive.patch(f"/events/{event['id']}/", {"recurrence_pattern": "FREQ=WEEKLY;COUNT=2"})
        series = Series.objects.get()
        rows = series.occurrences.order_by("start_time")
        assert (series.is_all_day, [row.days for row in rows]) == (
            True,
            [(date(2027, 3, 27), date(2027, 3, 28)), (date(2027, 4, 3), date(2027, 4, 4))],
        )


class TestMessages:
    def test_move_is_announced_in_days(self, as_olive: Api, ada: User) -> None:
        event = as_olive.post("/events/", all_day())
        join_event(event_id=event["id"], attendee=ada)
        as_olive.patch(f"/events/{event['id']}/", {"start_time": "2027-04-10"})
        fan_out()
        context = Notification.objects.get(kind="event_changed").context
        assert (context["event"]["days"], context["before"]["days"]) == (
            ["2027-04-10", "2027-04-11"], ["2027-03-27", "2027-03-28"],
        )  # fmt: skip

    def test_notification_shows_the_day(self, as_olive: Api, as_ada: Api) -> None:
        event = as_olive.post("/events/", all_day())
        as_ada.post(f"/events/{event['id']}/rsvp/", {"status": "going"})
        [notification] = as_ada.get("/notifications/")["results"]
        assert notification["event"]["start_time"] == "2027-03-27"


class TestAdmin:
    PAGE = "/events/event/add/"

    def test_form_ignores_times_of_an_all_day_event(self, admin_page: Page) -> None:
        admin_page(self.PAGE, self.form(is_all_day="on"))
        assert Event.objects.get().days == (date(2027, 3, 27), date(2027, 3, 28))

    def test_form_saved_unchanged_moves_nothing(self, admin_page: Page) -> None:
        admin_page(self.PAGE, self.form(is_all_day="on"))
        event = Event.objects.get()
        page = admin_page(f"/events/event/{event.pk}/change/")
        assert 'value="2027-03-28"' in page and 'value="23:59:00"' in page
        shown = self.form(is_all_day="on", start_time_1="00:00:00", end_time_1="23:59:00")
        admin_page(f"/events/event/{event.pk}/change/", shown | {"title": "Renamed"})
        again = Event.objects.get()
        assert (again.title, again.days, again.sequence) == ("Renamed", event.days, 1)

    def test_list_shows_the_day(self, admin_page: Page) -> None:
        admin_page(self.PAGE, self.form(is_all_day="on"))
        assert "Sat 27 Mar 2027</td>" in admin_page("/events/event/").replace("</span>", "")

    @staticmethod
    def form(**changes: Any) -> dict[str, Any]:
        return {
            "title": "Spring festival", "description": "", "status": "published",
            "location": "Town hall", "timezone": "Europe/Berlin", "max_attendees": "",
            "refund_policy": "none", "refund_until_hours": "0",
            "start_time_0": "2027-03-27", "start_time_1": "10:00:00",
            "end_time_0": "2027-03-28", "end_time_1": "09:00:00",
        } | changes  # fmt: skip


ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/Havana", "Africa/Cairo", "Pacific/Apia", "Asia/Beirut"]
)


@given(
    zone=ZONES.map(ZoneInfo),
    first=st.dates(date(2000, 1, 1), date(2040, 1, 1)),
    more=st.integers(0, 9),
)
def test_days_are_read_as_they_are_stored(zone: ZoneInfo, first: date, more: int) -> None:
    """Also if a clock change skips or repeats midnight."""
    if zone.key == "Pacific/Apia" and first <= date(2011, 12, 30) <= first + timedelta(more):
        return  # the day that Samoa skipped
    last = first + timedelta(days=more)
    kept = bounds(first, last, zone)
    assert stored_days(kept["start_time"], kept["end_time"], zone) == (first, last)
    shifted = {name: at + timedelta(hours=1) for name, at in kept.items()}
    assert stored_days(shifted["start_time"], shifted["end_time"], zone) == (first, last)
