"""Edge cases of series."""

from datetime import UTC, datetime

import pytest
import time_machine

from accounts.models import User
from events.models import Event, Series
from rsvp.models import Announcement
from tests.client import Api, refusal
from tests.events.book_club import dates, days, four_dates, weekly

pytestmark = [pytest.mark.usefixtures("a_monday_in_january"), pytest.mark.both]


def test_unchanged_rule_adds_no_dates(as_olive: Api) -> None:
    _, ids = four_dates(as_olive)
    shown = as_olive.get(f"/events/{ids[2]}/")
    later = as_olive.put(f"/events/{ids[2]}/?scope=following", shown | {"title": "Reading"})
    assert later["recurrence_pattern"] == "FREQ=WEEKLY;COUNT=2"
    assert [occurrence["id"] for occurrence in dates(as_olive, later["series"])] == ids[2:]


def test_past_date_of_a_deleted_series_is_fixed(as_olive: Api, olive: User) -> None:
    series, ids = four_dates(as_olive)
    with time_machine.travel(datetime(2027, 1, 14, tzinfo=UTC), tick=False):
        api = Api(olive)
        api.delete(f"/series/{series}/")
        problem = api.delete(f"/events/{ids[0]}/", expect=409)
    assert refusal(problem) == ("event_ended", "copy_event")
    assert Event.objects.alive().get().pk == ids[0]


def test_rule_cannot_drop_the_edited_date(as_olive: Api) -> None:
    series, ids = four_dates(as_olive)
    shorter = {"recurrence_pattern": "FREQ=WEEKLY;COUNT=2"}
    problem = as_olive.patch(f"/events/{ids[3]}/?scope=all", shorter, expect=400)
    assert refusal(problem) == (("recurrence_pattern", "not_a_day_of_the_rule"),)
    assert [occurrence["id"] for occurrence in dates(as_olive, series)] == ids


def test_past_series_is_fixed(as_olive: Api, olive: User) -> None:
    _, ids = four_dates(as_olive)
    with time_machine.travel(datetime(2027, 3, 1, tzinfo=UTC), tick=False):
        draft = {"status": "draft"}
        problem = Api(olive).patch(f"/events/{ids[3]}/?scope=all", draft, expect=409)
    assert refusal(problem) == ("event_ended", "copy_event")
    assert Series.objects.get().status == Event.Status.PUBLISHED


def test_new_zone_of_a_moved_date_moves_no_other_date(as_olive: Api) -> None:
    series, ids = four_dates(as_olive)
    moved = {"start_time": "2027-01-20T20:00:00", "end_time": "2027-01-20T22:00:00"}
    as_olive.patch(f"/events/{ids[1]}/", moved)
    as_olive.patch(f"/events/{ids[1]}/?scope=all", {"timezone": "Europe/Paris"})
    assert days(series) == ["01-12 19:00", "01-20 20:00", "01-26 19:00", "02-02 19:00"]


def test_series_cancelled_with_other_changes_announces_only_the_cancellation(
    as_olive: Api, as_ada: Api, as_sam: Api
) -> None:
    _, ids = four_dates(as_olive, max_attendees=1)
    for api in (as_ada, as_sam):
        api.post(f"/events/{ids[0]}/rsvp/", {"status": "going"})
    end = {"status": "cancelled", "location": "Elsewhere", "max_attendees": 9}
    as_olive.patch(f"/events/{ids[0]}/?scope=all", end)
    assert list(Announcement.objects.values_list("kind", flat=True)) == ["event_cancelled"]
    assert as_sam.get(f"/events/{ids[0]}/rsvp/")["status"] == "waitlisted"


def test_date_with_its_own_latitude_keeps_its_place(as_olive: Api) -> None:
    series, ids = four_dates(as_olive, latitude=52.5, longitude=13.4)
    as_olive.patch(f"/events/{ids[1]}/", {"latitude": 52.6})
    as_olive.patch(f"/series/{series}/", {"latitude": 48.1, "longitude": 11.5})
    places = [
        (occurrence["latitude"], occurrence["longitude"]) for occurrence in dates(as_olive, series)
    ]
    assert places == [(48.1, 11.5), (52.6, 13.4), (48.1, 11.5), (48.1, 11.5)]


def test_second_of_two_equal_hours_makes_the_same_series_as_the_first(as_olive: Api) -> None:
    """21 weeks later a clock change skips the hour, so it moves by the gap."""
    body = weekly(
        start_time="2027-10-31T01:30:00Z",
        end_time="2027-10-31T02:30:00Z",
        recurrence_pattern="FREQ=WEEKLY;INTERVAL=21;COUNT=2",
    )
    series = as_olive.post("/events/", body)["series"]
    assert [occurrence["start_time"] for occurrence in dates(as_olive, series)] == [
        "2027-10-31T00:30:00Z", "2028-03-26T01:30:00Z",
    ]  # fmt: skip


def test_event_that_becomes_a_series_keeps_its_time(as_olive: Api) -> None:
    single = weekly(start_time="2027-10-31T01:30:00Z", end_time="2027-10-31T02:30:00Z")
    event = as_olive.post("/events/", single | {"is_recurring": False})
    series = as_olive.patch(f"/events/{event['id']}/", {"recurrence_pattern": "weekly"})
    assert series["start_time"] == event["start_time"]


def test_scope_following_from_a_date_outside_the_rule_is_refused(
    as_olive: Api, olive: User
) -> None:
    first = as_olive.post("/events/", weekly(recurrence_pattern="FREQ=WEEKLY;COUNT=4"))
    last = Event.objects.filter(series=first["series"]).latest("series_day")
    Series.objects.filter(pk=first["series"]).update(recurrence_pattern="FREQ=WEEKLY;COUNT=2")
    path = f"/events/{last.pk}/?scope=following"
    assert refusal(as_olive.patch(path, {"title": "X"}, expect=409)) == ("series_over",)
    assert refusal(as_olive.delete(path, expect=409)) == ("series_over",)
