"""Events of deactivated organizers: hidden from lists and closed to RSVPs, but readable."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.models import User
from accounts.services.erasure import erase
from accounts.services.lifecycle import deactivate, reactivate
from analytics.selectors.popular import popular
from events.models import Event, Series
from events.services.events import update_event
from external_events.selectors import ids_imported_from
from notifications.models import Notification
from rsvp.check_in import admit_walk_in
from rsvp.exceptions import OrganizerInactive
from rsvp.messages.announcements import fan_out
from rsvp.messages.digest import _NewEvents
from rsvp.messages.reminders import write_due_reminders
from rsvp.models import Rsvp
from rsvp.notifications import ReceiptContext, is_receipt_true
from rsvp.services import (
    join_event,
    join_series,
    leave_event,
    mark_interested,
    mark_interested_in_series,
)
from rsvp.tickets import ticket_png
from tests.client import Api, refusal
from tests.factories import CategoryFactory, EventFactory, TagFactory, UserFactory, begin, fill
from tests.invariants import check_invariants
from tests.notifications.kinds import Kind
from tests.rsvp.dates import series_with

INACTIVE = ("organizer_inactive",)


@pytest.fixture
def otto(db: None) -> User:
    """An organizer who is about to be deactivated."""
    return UserFactory.create(username="otto", is_organizer=True)


@pytest.fixture
def ottos(otto: User) -> Event:
    return EventFactory.create(
        title="Ottos Orgelabend",
        created_by=otto,
        category=CategoryFactory.create(slug="music"),
        tags=[TagFactory.create(slug="organ")],
        latitude=52.5,
        longitude=13.4,
        max_attendees=2,
    )


def ids(page: dict[str, Any]) -> list[int]:
    return [event["id"] for event in page["results"]]


Found = Callable[[Api, Event], Any]
READERS: dict[str, Found] = {
    "list": lambda api, _: ids(api.get("/events/")),
    "list of all": lambda api, _: ids(api.get("/events/", when="all")),
    "list of the organizer": lambda api, _: ids(api.get("/events/", organizer="otto")),
    "list by popularity": lambda api, _: ids(api.get("/events/", ordering="popularity")),
    "list of today and later": lambda api, event: ids(
        api.get("/events/", date_from=f"{event.start_time:%Y-%m-%d}")
    ),
    "count": lambda api, _: api.get("/events/")["count"],
    "search": lambda api, _: ids(api.get("/events/search/", q="orgelabend")),
    "search by distance": lambda api, _: ids(
        api.get("/events/search/", near="52.5,13.4", sort="distance")
    ),
    "facets": lambda api, _: [
        facet for facet in api.get("/events/search/", facets="true")["facets"].values() if facet
    ],
    "suggestions": lambda api, _: api.get("/events/suggest/", q="orgel")["results"],
    "recommendations": lambda api, _: ids(api.get("/events/recommended/")),
    "popular events": lambda _api, _event: popular(),
    "import lists": lambda api, event: ids_imported_from(
        "ticketmaster", ["abc"], reader=User.objects.get(username="sam")
    ),
    "weekly digest": lambda _api, event: digest_of(event),
    "organizer's feed": lambda api, _: feed(api, organizer="otto"),
    "category's feed": lambda api, _: feed(api, category="music"),
}


def digest_of(event: Event) -> list[Event]:
    news = _NewEvents(timezone.now(), timezone.now().date() + timedelta(days=1))
    assert event.category
    news.load({event.category.pk})
    return news[event.category.pk]


def feed(api: Api, **query: Any) -> list[str]:
    path = api.get("/users/calendar/")["url"].partition("/api")[2]
    return [line for line in api.get(path, **query).decode().splitlines() if "SUMMARY" in line]


@pytest.mark.parametrize("reader", READERS)
def test_events_are_hidden_while_the_account_is_inactive(
    as_sam: Api, ottos: Event, otto: User, ada: User, reader: str
) -> None:
    join_event(event_id=ottos.pk, attendee=ada)
    Event.objects.filter(pk=ottos.pk).update(
        external_provider="ticketmaster", external_event_id="abc"
    )
    found = READERS[reader]
    assert found(as_sam, ottos)
    deactivate(user=otto)
    assert not found(as_sam, ottos)
    reactivate(user=otto)
    assert found(as_sam, ottos)


def test_event_is_read_by_its_id(as_sam: Api, ottos: Event, otto: User) -> None:
    deactivate(user=otto)
    assert as_sam.get(f"/events/{ottos.pk}/")["title"] == ottos.title
    assert as_sam.get(f"/events/{ottos.pk}/calendar.ics")


def test_past_events_of_an_erased_organizer_stay_listed(
    as_sam: Api, ottos: Event, otto: User
) -> None:
    begin(ottos)
    erase(user_id=otto.pk)
    assert ids(as_sam.get("/events/")) == [ottos.pk]


def test_events_without_an_owner_are_listed(as_sam: Api, ottos: Event) -> None:
    Event.objects.filter(pk=ottos.pk).update(created_by=None)
    assert ids(as_sam.get("/events/")) == [ottos.pk]


class TestRsvps:
    @pytest.mark.parametrize("status", ["going", "interested"])
    def test_new_rsvp_is_refused(self, as_ada: Api, ottos: Event, otto: User, status: str) -> None:
        deactivate(user=otto)
        problem = as_ada.post(f"/events/{ottos.pk}/rsvp/", {"status": status}, expect=409)
        assert refusal(problem) == INACTIVE
        assert not Rsvp.objects.exists()

    def test_rsvps_stay_and_can_be_cancelled(self, as_ada: Api, ottos: Event, otto: User) -> None:
        path = f"/events/{ottos.pk}/rsvp/"
        as_ada.post(path, {"status": "going"})
        deactivate(user=otto)
        assert as_ada.get(path)["status"] == "going"
        problem = as_ada.post(path, {"status": "going", "guests": 1}, expect=409)
        assert refusal(problem) == INACTIVE
        as_ada.post(f"/events/{ottos.pk}/cancel/", expect=200)

    def test_waitlist_is_still_promoted(
        self, ottos: Event, otto: User, ada: User, sam: User
    ) -> None:
        """Waiting people are still promoted."""
        join_event(event_id=ottos.pk, attendee=ada, guests=1)
        join_event(event_id=ottos.pk, attendee=sam)
        deactivate(user=otto)
        leave_event(event_id=ottos.pk, attendee=ada)
        assert Rsvp.objects.get(user=sam).status == "going"
        check_invariants()

    def test_promoted_person_gets_the_ticket(
        self, ottos: Event, otto: User, ada: User, sam: User
    ) -> None:
        join_event(event_id=ottos.pk, attendee=ada, guests=1)
        join_event(event_id=ottos.pk, attendee=sam)
        deactivate(user=otto)
        leave_event(event_id=ottos.pk, attendee=ada)
        promotion = Notification.objects.get(user=sam, kind=Kind.PROMOTED)
        assert ticket_png(user_id=promotion.user_id, event_id=ottos.pk)

    def test_party_over_a_lowered_limit_is_notified(
        self, ottos: Event, otto: User, ada: User, sam: User
    ) -> None:
        join_event(event_id=ottos.pk, attendee=ada)
        join_event(event_id=ottos.pk, attendee=sam, guests=1)
        deactivate(user=otto)
        update_event(event_id=ottos.pk, changes={"max_attendees": 1})
        receipt = Notification.objects.filter(user=sam, kind=Kind.WAITLISTED).latest("id")
        assert is_receipt_true(receipt, ReceiptContext.read(receipt.context))

    def test_walk_ins_are_possible(self, ottos: Event, otto: User, alma: User, ada: User) -> None:
        """Helpers and admins can still check people in."""
        deactivate(user=otto)
        begin(ottos)
        assert admit_walk_in(event_id=ottos.pk, attendee=ada, by=alma).arrived == 1

    def test_rsvps_to_a_series_are_refused(
        self, as_ada: Api, ottos: Event, otto: User, ada: User
    ) -> None:
        series, _ = series_with(otto, None, None)
        join_series(series_id=series.pk, attendee=ada)
        deactivate(user=otto)
        path = f"/series/{series.pk}"
        for status in ("going", "interested"):
            problem = as_ada.post(f"{path}/rsvp/", {"status": status, "guests": 1}, expect=409)
            assert refusal(problem) == INACTIVE
        left = as_ada.post(f"{path}/cancel/", expect=200)["results"]
        assert [rsvp["status"] for rsvp in left] == ["cancelled", "cancelled"]

    def test_services_refuse(self, ottos: Event, otto: User, ada: User) -> None:
        series, _ = series_with(otto, None)
        deactivate(user=otto)
        for service, key, pk in (
            (join_event, "event_id", ottos.pk),
            (mark_interested, "event_id", ottos.pk),
            (join_series, "series_id", series.pk),
            (mark_interested_in_series, "series_id", series.pk),
        ):
            with pytest.raises(OrganizerInactive):
                service(attendee=ada, **{key: pk})

    def test_reactivation_opens_events_to_rsvps(
        self, as_ada: Api, ottos: Event, otto: User
    ) -> None:
        deactivate(user=otto)
        reactivate(user=otto)
        as_ada.post(f"/events/{ottos.pk}/rsvp/", {"status": "going"})


def test_attendees_are_still_notified_of_changes(ottos: Event, otto: User) -> None:
    fill(ottos, 1)
    deactivate(user=otto)
    update_event(event_id=ottos.pk, changes={"location": "Park"})
    assert fan_out() == 1


def test_attendees_are_reminded(ottos: Event, otto: User) -> None:
    start = ottos.start_time
    fill(ottos, 1)
    deactivate(user=otto)
    with time_machine.travel(start - timedelta(minutes=90), tick=False) as clock:
        write_due_reminders()
        clock.move_to(start - timedelta(minutes=59))
        assert write_due_reminders() == 1


def test_series_gets_no_new_dates_until_reactivation(ottos: Event, otto: User) -> None:
    EventFactory.create(created_by=otto, recurrence_pattern="weekly")
    deactivate(user=otto)
    horizon = timezone.now().date() + timedelta(days=800)
    assert not Series.objects.due(horizon).whose_owner_may_organize().exists()
    reactivate(user=otto)
    assert Series.objects.due(horizon).whose_owner_may_organize().exists()
