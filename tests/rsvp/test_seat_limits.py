"""Limits on the seats that one person, or one client address, can take."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.settings import api_settings

from accounts.models import User
from core.models import LimitWindow
from events.models import Event
from rsvp.models import Rsvp
from tests.client import Api, refusal
from tests.factories import EventFactory, UserFactory, end, event_body, unverify
from tests.rsvp.dates import series_with

pytestmark = [pytest.mark.both, pytest.mark.slow]

NOT_VERIFIED = ("email_not_verified", "verify_email")
GOING = {"status": "going"}


@pytest.fixture
def rates(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> dict[str, str | None]:
    """Use the default limits of seats, and switch all other rates off."""
    settings.RATE_LIMITS = True
    rates: dict[str, str | None] = dict.fromkeys(api_settings.DEFAULT_THROTTLE_RATES)
    rates |= {"unverified_seats": "30/hour", "guests": "100/hour"}
    monkeypatch.setattr(api_settings, "DEFAULT_THROTTLE_RATES", rates)
    return rates


@pytest.fixture
def hall(db: None) -> Event:
    return EventFactory.create(max_attendees=200)


@pytest.fixture
def as_newcomer(ada: User) -> Api:
    unverify(ada)
    return Api(ada)


def crowd(number: int, *, is_verified: bool, **headers: str) -> list[Api]:
    return [
        Api(UserFactory.create(has_verified_email=is_verified), **headers) for _ in range(number)
    ]


def seats_after_requests(crowd: list[Api], event: Event, guests: int = 9) -> int:
    """Return the seats taken if everyone requests a large party, then smaller ones."""
    for api in crowd:
        for size in sorted({guests, min(guests, 4), 0}, reverse=True):
            body = GOING | {"guests": size}
            if api.client.post(f"/api/events/{event.pk}/rsvp/", body).status_code == 201:
                break
    return Rsvp.objects.filter(event=event, status="going").people()


@pytest.mark.usefixtures("rates")
class TestUnverifiedAccount:
    def test_seats_at_one_event_are_limited(self, as_newcomer: Api, hall: Event) -> None:
        path = f"/events/{hall.pk}/rsvp/"
        problem = as_newcomer.post(path, GOING | {"guests": 5}, expect=409)
        assert refusal(problem) == NOT_VERIFIED
        as_newcomer.post(path, GOING | {"guests": 4})
        as_newcomer.post(path, GOING | {"guests": 5}, expect=409)
        assert as_newcomer.get(path)["guests"] == 4

    def test_seats_at_all_events_together_are_limited(self, as_newcomer: Api, hall: Event) -> None:
        as_newcomer.post(f"/events/{hall.pk}/rsvp/", GOING | {"guests": 3})
        one, other = EventFactory.create_batch(2)
        as_newcomer.post(f"/events/{one.pk}/rsvp/", GOING)
        as_newcomer.post(f"/events/{other.pk}/rsvp/", GOING, expect=409)

    def test_waitlist_places_count(self, as_newcomer: Api, olive: User) -> None:
        full = EventFactory.create(max_attendees=5)
        Api(olive).post(f"/events/{full.pk}/rsvp/", GOING)
        waits = as_newcomer.post(f"/events/{full.pk}/rsvp/", GOING | {"guests": 4})
        assert waits["status"] == "waitlisted"
        other = EventFactory.create()
        as_newcomer.post(f"/events/{other.pk}/rsvp/", GOING, expect=409)

    @pytest.mark.parametrize("way", ["leave", "shrink", "end", "cancel", "delete", "verify"])
    def test_freed_seats_no_longer_count(
        self, as_newcomer: Api, ada: User, hall: Event, as_olive: Api, way: str
    ) -> None:
        mine = EventFactory.create(created_by=User.objects.get(username="olive"))
        path = f"/events/{mine.pk}/"
        as_newcomer.post(f"{path}rsvp/", GOING | {"guests": 4})
        as_newcomer.post(f"/events/{hall.pk}/rsvp/", GOING, expect=409)
        if way == "leave":
            as_newcomer.post(f"{path}cancel/", expect=200)
        elif way == "shrink":
            as_newcomer.post(f"{path}rsvp/", GOING | {"guests": 3}, expect=200)
        elif way == "end":
            end(mine)
        elif way == "cancel":
            as_olive.patch(path, {"status": "cancelled"})
        elif way == "delete":
            as_olive.delete(path)
        else:
            ada.emailaddress_set.update(verified=True)  # type: ignore[attr-defined]
        as_newcomer.post(f"/events/{hall.pk}/rsvp/", GOING)

    def test_interest_takes_no_seat(self, as_newcomer: Api, hall: Event) -> None:
        as_newcomer.post(f"/events/{hall.pk}/rsvp/", GOING | {"guests": 4})
        for event in EventFactory.create_batch(2):
            as_newcomer.post(f"/events/{event.pk}/rsvp/", {"status": "interested", "guests": 9})

    def test_dates_of_a_series_are_judged_one_by_one(self, as_newcomer: Api, olive: User) -> None:
        series, _ = series_with(olive, *[5] * 7)
        response = as_newcomer.post(f"/series/{series.pk}/rsvp/", GOING)
        assert [date["status"] for date in response["results"]] == ["going"] * 5 + ["refused"] * 2
        refused = response["results"][-1]
        assert (refused["code"], refused["next_step"]) == NOT_VERIFIED

    def test_pending_address_does_not_verify_the_account(self, as_newcomer: Api, ada: User) -> None:
        ada.emailaddress_set.create(email="new@example.com", verified=True)  # type: ignore[attr-defined]
        event = EventFactory.create()
        as_newcomer.post(f"/events/{event.pk}/rsvp/", GOING | {"guests": 5}, expect=409)


def test_unverified_account_is_not_limited_without_rate_limits(
    as_newcomer: Api, hall: Event
) -> None:
    as_newcomer.post(f"/events/{hall.pk}/rsvp/", GOING | {"guests": 9})


class TestClientAddress:
    def test_unverified_crowd_cannot_take_all_seats(
        self, rates: dict[str, str | None], hall: Event
    ) -> None:
        """20 new accounts took the 200 seats of an event in 62 s, from one address."""
        assert seats_after_requests(crowd(20, is_verified=False), hall) == 30

    def test_verified_crowd_cannot_take_all_seats(
        self, rates: dict[str, str | None], hall: Event
    ) -> None:
        # Eleven parties of ten, and nine people who come alone.
        assert seats_after_requests(crowd(20, is_verified=True), hall) == 110 + 9

    def test_people_without_guests_are_not_limited_once_they_are_verified(
        self, rates: dict[str, str | None], hall: Event
    ) -> None:
        """A campus or a company may have one address."""
        rates |= {"unverified_seats": "1/hour", "guests": "1/hour"}
        assert seats_after_requests(crowd(5, is_verified=True), hall, guests=0) == 5

    def test_refusal_of_guests_has_retry_after(
        self, rates: dict[str, str | None], hall: Event, as_ada: Api
    ) -> None:
        rates["guests"] = "3/hour"
        path = f"/api/events/{hall.pk}/rsvp/"
        response = as_ada.client.post(path, GOING | {"guests": 4})
        assert (response.status_code, response.json()["code"]) == (429, "throttled")
        assert 3590 < int(response.headers["Retry-After"]) <= 3600
        as_ada.post(f"/events/{hall.pk}/rsvp/", GOING | {"guests": 3})

    def test_each_address_is_counted_separately(
        self, rates: dict[str, str | None], hall: Event
    ) -> None:
        rates["unverified_seats"] = "1/hour"
        here = crowd(2, is_verified=False)
        there = crowd(2, is_verified=False, REMOTE_ADDR="198.51.100.7")
        assert seats_after_requests(here + there, hall) == 2

    def test_guests_are_counted_for_each_event(
        self, rates: dict[str, str | None], as_ada: Api
    ) -> None:
        rates["guests"] = "3/hour"
        for event in EventFactory.create_batch(2):
            as_ada.post(f"/events/{event.pk}/rsvp/", GOING | {"guests": 3})

    def test_refused_rsvps_do_not_count(
        self, rates: dict[str, str | None], as_newcomer: Api
    ) -> None:
        small = EventFactory.create(max_attendees=2)
        path = f"/events/{small.pk}/rsvp/"
        as_newcomer.post(path, GOING | {"guests": 3}, expect=409)  # party_too_large
        as_newcomer.post(path, GOING | {"guests": 1})
        as_newcomer.post(path, GOING | {"guests": 1}, expect=200)
        rows = LimitWindow.objects.filter(key__contains="127.0.0.1").exclude(used=0)
        used = {row.key.split(":")[1]: row.used for row in rows}
        assert {name: used[name] for name in ("guests", "unverified_seats")} == {
            "guests": 1,
            "unverified_seats": 2,
        }

    def test_whole_series_is_one_count(
        self, rates: dict[str, str | None], olive: User, as_ada: Api, as_sam: Api
    ) -> None:
        rates["guests"] = "3/hour"
        series, dates = series_with(olive, *[50] * 4)
        as_ada.post(f"/series/{series.pk}/rsvp/", GOING | {"guests": 3})
        as_sam.post(f"/series/{series.pk}/rsvp/", GOING | {"guests": 1}, expect=429)
        as_sam.post(f"/events/{dates[0].pk}/rsvp/", GOING | {"guests": 1}, expect=429)
        assert Rsvp.objects.filter(status="going").people() == 16


class TestVerifiedPeopleOnly:
    @pytest.fixture
    def strict(self, olive: User) -> Event:
        return EventFactory.create(created_by=olive, max_attendees=2, requires_verified_email=True)

    def test_unverified_people_take_no_seats(self, as_newcomer: Api, strict: Event) -> None:
        problem = as_newcomer.post(f"/events/{strict.pk}/rsvp/", GOING, expect=409)
        assert refusal(problem) == NOT_VERIFIED
        as_newcomer.post(f"/events/{strict.pk}/rsvp/", {"status": "interested"})

    def test_unverified_people_get_no_waitlist_place(
        self, as_newcomer: Api, as_sam: Api, strict: Event
    ) -> None:
        as_sam.post(f"/events/{strict.pk}/rsvp/", GOING | {"guests": 1})
        as_newcomer.post(f"/events/{strict.pk}/rsvp/", GOING, expect=409)

    def test_verified_people_take_seats(self, as_newcomer: Api, ada: User, strict: Event) -> None:
        ada.emailaddress_set.update(verified=True)  # type: ignore[attr-defined]
        as_newcomer.post(f"/events/{strict.pk}/rsvp/", GOING)

    def test_turned_on_later_keeps_seats_and_places(
        self, as_newcomer: Api, as_olive: Api, as_sam: Api, event: Event
    ) -> None:
        path = f"/events/{event.pk}/rsvp/"
        as_newcomer.post(path, GOING | {"guests": 1})
        waiting = Api(UserFactory.create(has_verified_email=False))
        waiting.post(path, GOING)
        as_olive.patch(f"/events/{event.pk}/", {"requires_verified_email": True})
        as_newcomer.post(path, GOING | {"guests": 1}, expect=200)  # repeated
        as_newcomer.post(path, GOING | {"guests": 0}, expect=200)  # fewer
        assert waiting.get(path)["status"] == "going"  # promoted
        as_newcomer.post(path, GOING | {"guests": 1}, expect=409)  # more
        as_newcomer.post(f"/events/{event.pk}/cancel/", expect=200)
        as_newcomer.post(path, GOING, expect=409)

    def test_dates_of_a_series_are_judged_one_by_one(
        self, as_newcomer: Api, as_olive: Api, olive: User
    ) -> None:
        series, dates = series_with(olive, *[5] * 3)
        as_olive.patch(f"/events/{dates[1].pk}/", {"requires_verified_email": True})
        response = as_newcomer.post(f"/series/{series.pk}/rsvp/", GOING)
        assert [date["status"] for date in response["results"]] == ["going", "refused", "going"]

    def test_is_a_field_of_events_series_and_copies(self, as_olive: Api) -> None:
        body = event_body(requires_verified_email=True, recurrence_pattern="FREQ=DAILY;COUNT=2")
        first = as_olive.post("/events/", body)
        series = as_olive.get(f"/series/{first['series']}/")
        copy = as_olive.post(f"/events/{first['id']}/copy/")
        assert [row["requires_verified_email"] for row in (first, series, copy)] == [True] * 3
        off = {"requires_verified_email": False}
        assert as_olive.patch(f"/series/{series['id']}/", off)["requires_verified_email"] is False
        dates = Event.objects.filter(series=series["id"])
        assert set(dates.values_list("requires_verified_email", flat=True)) == {False}
        plain = as_olive.post("/events/", event_body())
        assert plain["requires_verified_email"] is False

    def test_walk_ins_are_exempt(
        self, as_newcomer: Api, ada: User, as_olive: Api, strict: Event
    ) -> None:
        now = timezone.now()
        Event.objects.filter(pk=strict.pk).update(start_time=now, end_time=now + timedelta(hours=1))
        body: dict[str, Any] = {"user_id": ada.pk, "walk_in": True}
        as_olive.post(f"/events/{strict.pk}/check-in/", body, expect=200)
