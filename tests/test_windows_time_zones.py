"""Windows names of time zones are accepted in all inputs and stored as IANA names."""

from datetime import UTC, datetime
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from tzlocal.windows_tz import win_tz

from accounts.models import User
from core.validators import TIMEZONES, find_timezone, read_timezone, validate_timezone
from events.models import Event, Series
from tests.client import Api, refusal
from tests.events.test_admin import Page, change_page, form
from tests.factories import EventFactory, event_body

BERLIN, NAME = "Europe/Berlin", "W. Europe Standard Time"


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        (NAME, BERLIN),
        ("w. europe standard time", BERLIN),
        ("Eastern Standard Time", "America/New_York"),
        ("Central Standard Time (Mexico)", "America/Mexico_City"),
        ("India Standard Time", "Asia/Kolkata"),
        ("FLE Standard Time", "Europe/Kyiv"),
        ("UTC", "UTC"),
        ("UTC-11", "Etc/GMT+11"),
        (BERLIN, BERLIN),
    ],
)
def test_windows_name_becomes_the_iana_name(name: str, zone: str) -> None:
    assert read_timezone(name) == zone


def test_every_windows_name_has_a_zone() -> None:
    assert len(win_tz) > 130
    assert {find_timezone(name) for name in win_tz} <= TIMEZONES


def test_windows_names_map_to_current_zones() -> None:
    """tzdata lists the zones of all countries by their current names."""
    table = files("tzdata") / "zoneinfo" / "zone.tab"
    rows = [line.split("\t") for line in table.read_text().splitlines() if line[:1] != "#"]
    present = {row[2] for row in rows}
    zones = {read_timezone(name) for name in win_tz}
    assert {zone for zone in zones - present if not zone.startswith("Etc/")} == {"UTC"}


@pytest.mark.parametrize("name", ["", "Standard Time", "W. Europe", "Mars/Olympus", "localtime"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ValidationError) as refused:
        read_timezone(name)
    assert refused.value.code == "invalid_timezone"


def test_rows_have_only_iana_names() -> None:
    with pytest.raises(ValidationError) as refused:
        validate_timezone(NAME)
    assert refused.value.code == "invalid_timezone"


def test_new_event_has_the_zone_and_its_local_times(as_olive: Api) -> None:
    body = event_body(start_time="2027-07-01T19:00", end_time="2027-07-01T21:00", timezone=NAME)
    event = as_olive.post("/events/", body)
    assert (event["timezone"], event["start_time"]) == (BERLIN, "2027-07-01T17:00:00Z")
    assert Event.objects.get().timezone == BERLIN


def test_changed_event_has_the_zone(as_olive: Api, event: Event) -> None:
    assert as_olive.patch(f"/events/{event.pk}/", {"timezone": NAME})["timezone"] == BERLIN


def test_copy_has_the_zone(as_olive: Api, event: Event) -> None:
    assert as_olive.post(f"/events/{event.pk}/copy/", {"timezone": NAME})["timezone"] == BERLIN


def test_series_has_the_zone(as_olive: Api) -> None:
    body = event_body(recurrence_pattern="FREQ=WEEKLY;COUNT=2", timezone=NAME)
    series = as_olive.post("/events/", body)["series"]
    assert Series.objects.get().timezone == BERLIN
    body = {"timezone": "Eastern Standard Time"}
    assert as_olive.patch(f"/series/{series}/", body)["timezone"] == "America/New_York"


def test_same_zone_moves_no_occurrence(as_olive: Api) -> None:
    body = event_body(recurrence_pattern="FREQ=WEEKLY;COUNT=3", timezone=BERLIN)
    series = as_olive.post("/events/", body)["series"]
    before = list(Event.objects.order_by("pk").values_list("pk", "start_time", "sequence"))
    as_olive.patch(f"/series/{series}/", {"timezone": NAME})
    assert list(Event.objects.order_by("pk").values_list("pk", "start_time", "sequence")) == before


def test_profile_has_the_zone(as_ada: Api, ada: User) -> None:
    assert as_ada.patch("/users/profile/", {"timezone": NAME})["timezone"] == BERLIN
    ada.refresh_from_db()
    assert ada.timezone == BERLIN


@pytest.mark.parametrize("path", ["/events/", "/events/search/"])
def test_days_of_lists_are_in_the_zone(as_ada: Api, path: str) -> None:
    start = datetime(2027, 7, 1, 22, 30, tzinfo=UTC)  # 2 July in Berlin
    EventFactory.create(start_time=start)
    day: dict[str, Any] = {"date_from": "2027-07-02", "date_to": "2027-07-02"}
    assert len(as_ada.get(path, **day, tz=NAME)["results"]) == 1
    assert as_ada.get(path, **day)["results"] == []


def test_days_of_analytics_are_in_the_zone(as_olive: Api) -> None:
    assert as_olive.get("/analytics/overview/", tz=NAME)["timezone"] == BERLIN


@pytest.mark.parametrize("path", ["/events/", "/analytics/overview/"])
def test_unknown_name_is_a_bad_parameter(as_olive: Api, path: str) -> None:
    problem = as_olive.get(path, tz="Middle Earth Standard Time", expect=400)
    assert refusal(problem) == (("tz", "invalid_timezone"),)


def test_admin_reads_the_times_of_an_event_in_the_zone(admin_page: Page) -> None:
    local = datetime(2027, 7, 1, 19)
    times: dict[str, Any] = {"start_time": local, "end_time": local.replace(hour=21)}
    admin_page("/events/event/add/", form(**times, timezone=NAME))
    event = Event.objects.get()
    assert (event.timezone, event.start_time) == (BERLIN, local.replace(tzinfo=ZoneInfo(BERLIN)))
    page = admin_page(change_page(event), form(event, timezone="Mars Standard Time"))
    assert "This time zone does not exist." in page


def test_admin_stores_the_zone_of_a_person(admin_page: Page, ada: User) -> None:
    shown = {"username": ada.username, "email": ada.email, "profile_picture": ""}
    admin_page(f"/accounts/user/{ada.pk}/change/", shown | {"timezone": NAME})
    ada.refresh_from_db()
    assert ada.timezone == BERLIN
