"""Bodies that are built without a serializer are the same as the serializer's."""

import json
from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from core.api.json import JSONRenderer
from events.models import Event, Tally, TicketType
from rsvp import selectors
from rsvp.models import Rsvp
from rsvp.serializers.attendance import (
    AttendeeForOwnerSerializer,
    AttendeeSerializer,
    attendee_body,
)
from rsvp.serializers.rsvps import RsvpSerializer, rsvp_body
from rsvp.services import join_event, mark_interested
from tests.client import Api
from tests.factories import EventFactory, UserFactory, fill, people
from tests.invariants import numbered_waitlist
from tests.rsvp.ticketed import buy, offer

pytestmark = [pytest.mark.both, pytest.mark.django_db]

ALL_DAY = {
    "is_all_day": True,
    "timezone": "Pacific/Kiritimati",
    "start_time": date(2030, 6, 3),
    "end_time": date(2030, 6, 4),
}


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        ({}, {}),
        ({"title": "Jazz & “more” 🎷", "timezone": "Asia/Kolkata"}, {"status": "interested"}),
        (ALL_DAY, {"guests": 2}),
        ({}, {"status": "cancelled", "ticket_no": 1}),
        ({}, {"arrived": 1, "checked_in_at": timezone.now()}),
        ({}, {"arrived": 1, "checked_in_at": timezone.now(), "is_confirmed": False}),
        ({}, {"is_confirmed": False, "own_status": "interested", "own_guests": 3}),
    ],
    ids=["going", "interested", "all day", "cancelled", "arrived", "walk-in", "covered"],
)
@pytest.mark.parametrize("is_loaded", [True, False], ids=["loaded", "just written"])
def test_body_is_that_of_the_serializer(
    ada: User, event: dict[str, Any], fields: dict[str, Any], is_loaded: bool
) -> None:
    rsvp, _ = join_event(event_id=EventFactory.create(**event).pk, attendee=ada)
    for name, value in fields.items():
        setattr(rsvp, name, value)
    if is_loaded:
        rsvp.save()
        rsvp = Rsvp.objects.select_related("event", "user").get(pk=rsvp.pk)
    selectors.add_positions([rsvp])
    assert list(rsvp_body(rsvp).items()) == list(RsvpSerializer(rsvp).data.items())
    attendee = AttendeeForOwnerSerializer(rsvp).data
    assert list(attendee_body(rsvp).items()) == list(attendee.items())


def test_body_of_a_deleted_event(ada: User) -> None:
    event = EventFactory.create()
    join_event(event_id=event.pk, attendee=ada)
    Event.objects.filter(pk=event.pk).update(deleted_at=timezone.now())
    rsvp = Rsvp.objects.select_related("event", "user").get(user=ada)
    selectors.add_positions([rsvp])
    assert rsvp_body(rsvp) == RsvpSerializer(rsvp).data


@pytest.mark.parametrize("limit", [None, 3, 2, 1])
def test_positions_number_the_parties_that_fit(limit: int | None) -> None:
    event = EventFactory.create(max_attendees=3)
    for person, guests in zip(people(7), [2, 0, 2, 1, 0, 2, 1], strict=True):
        join_event(event_id=event.pk, attendee=person, guests=guests)
    Tally.objects.filter(pk=event.pk).update(max_attendees=limit, going=0)
    expected = dict.fromkeys(Rsvp.objects.values_list("pk", flat=True)) | numbered_waitlist(event)
    assert _positions() == expected
    Event.objects.filter(pk=event.pk).update(deleted_at=timezone.now())
    assert _positions() == dict.fromkeys(expected)


@pytest.fixture
def crowd(ada: User) -> Event:
    """Create an event that Ada waits for, with RSVPs of each kind."""
    event = EventFactory.create(max_attendees=2, **ALL_DAY)
    fill(event, 2)
    join_event(event_id=event.pk, attendee=ada, guests=1)
    arrived = {"status": "going", "arrived": 1, "checked_in_at": timezone.now()}
    walk_in = arrived | {"is_confirmed": False, "guests": 1}
    rows: list[dict[str, Any]] = [
        {"status": "going", "guests": 9},
        {"status": "interested"},
        {"status": "cancelled", "ticket_no": 2},
        arrived,
        walk_in,
        walk_in | {"own_status": "interested", "own_guests": 3},
        {"status": "cancelled", "is_confirmed": False, "own_status": "cancelled"},
    ]
    for fields in rows:
        person = UserFactory.create(display_name="Zoë <b>&")
        Rsvp.objects.create(event=event, user=person, **fields)
    User.objects.filter(rsvps__guests=9).update(erased_at=timezone.now(), display_name="")
    return event


@pytest.mark.parametrize("query", ["", "?status=waitlisted", "?status=cancelled", "?when=upcoming"])
def test_own_rsvps_are_those_of_the_serializer(crowd: Event, query: str) -> None:
    found = []
    for rsvp in Rsvp.objects.filter(event=crowd).own():
        reader, shown = Api(rsvp.user), selectors.rsvp_of(user=rsvp.user, event=crowd)
        expected = _as_json(RsvpSerializer(shown).data)
        assert list(reader.get(f"/events/{crowd.pk}/rsvp/").items()) == expected
        is_listed = query in ("", "?when=upcoming", f"?status={shown.shown_status}")
        listed = [list(body.items()) for body in reader.get(f"/rsvps/{query}")["results"]]
        assert listed == [expected] * is_listed
        found += listed
    assert found


@pytest.mark.parametrize("status", ["going", "interested"])
def test_public_attendees_are_those_of_the_serializer(crowd: Event, sam: User, status: str) -> None:
    rsvps = Rsvp.objects.filter(event=crowd).with_personal_status(status).order_by("id")
    assert _attendees(sam, crowd, status) == [
        _as_json(AttendeeSerializer(rsvp).data) for rsvp in rsvps
    ]


# Payments end holds, which tests/rsvp/test_holds.py covers.
OF_CROWD = [status for status in Rsvp.Status.values if status != "pending_payment"]


@pytest.mark.parametrize("status", [*OF_CROWD, "all"])
def test_attendees_for_the_owner_are_those_of_the_serializer(crowd: Event, status: str) -> None:
    assert crowd.created_by
    rsvps = selectors.attendees_of(event=crowd, status=status)
    if status in ("waitlisted", "all"):
        rsvps = rsvps.with_position()
    assert _attendees(crowd.created_by, crowd, status) == [
        _as_json(AttendeeForOwnerSerializer(rsvp).data) for rsvp in rsvps
    ]


def _attendees(reader: User, event: Event, status: str) -> list[Any]:
    listed = Api(reader).get(f"/events/{event.pk}/attendees/?status={status}")["results"]
    assert listed
    return [list(body.items()) for body in listed]


def _as_json(body: Any) -> list[Any]:
    """Return the fields in their order."""
    return list(json.loads(JSONRenderer().render(body)).items())


@pytest.mark.parametrize("path", ["/rsvps/", "/events/{}/rsvp/", "/users/profile/"])
def test_etag_changes_with_the_body(as_ada: Api, ada: User, path: str) -> None:
    event = EventFactory.create()
    join_event(event_id=event.pk, attendee=ada)
    url = f"/api{path.format(event.pk)}"
    tag = as_ada.client.get(url)["ETag"]
    same = as_ada.client.get(url, HTTP_IF_NONE_MATCH=tag)
    assert (same.status_code, same.content, same["ETag"]) == (304, b"", tag)
    as_ada.patch("/users/profile/", {"display_name": "Zoë"})
    changed = as_ada.client.get(url, HTTP_IF_NONE_MATCH=tag)
    assert (changed.status_code, changed["ETag"] != tag) == (200, True)
    assert "Zoë" in changed.content.decode()


@pytest.fixture
def sold(ada: User) -> Event:
    """Create an event with ticket types, where parties go and wait, and Ada has two types."""
    event = EventFactory.create()
    vip = offer(event, 3, name="VIP", position=2)
    regular = offer(event, name="Regular", position=1)
    buy(event, ada, {vip.pk: 2, regular.pk: 1})
    for person in people(2):
        buy(event, person, {vip.pk: 2})
    mark_interested(event_id=event.pk, attendee=UserFactory.create())
    return event


def test_own_rsvp_shows_its_tickets_in_their_order(as_ada: Api, sold: Event) -> None:
    regular, vip = TicketType.objects.all()
    for body in (as_ada.get(f"/events/{sold.pk}/rsvp/"), *as_ada.get("/rsvps/")["results"]):
        assert body["tickets"] == [
            {"ticket_type": regular.pk, "name": "Regular", "quantity": 1},
            {"ticket_type": vip.pk, "name": "VIP", "quantity": 2},
        ]


@pytest.mark.parametrize("is_loaded", [True, False], ids=["loaded", "just written"])
def test_body_with_tickets_is_that_of_the_serializer(
    ada: User, sold: Event, is_loaded: bool
) -> None:
    rsvp, _ = join_event(event_id=sold.pk, attendee=ada)
    if is_loaded:
        rsvp = selectors.rsvp_of(user=ada, event=sold)
    selectors.add_positions([rsvp])
    [expected] = _as_shown([rsvp], RsvpSerializer)
    assert list(rsvp_body(rsvp).items()) == expected
    [expected] = _as_shown([rsvp], AttendeeForOwnerSerializer)
    assert list(attendee_body(rsvp).items()) == expected


@pytest.mark.parametrize("status", ["going", "waitlisted", "interested", "all"])
def test_attendees_with_tickets_are_those_of_the_serializer(sold: Event, status: str) -> None:
    assert sold.created_by
    rsvps = selectors.attendees_of(event=sold, status=status)
    if status in ("waitlisted", "all"):
        rsvps = rsvps.with_position()
    assert _attendees(sold.created_by, sold, status) == _as_shown(
        list(rsvps), AttendeeForOwnerSerializer
    )


def _as_shown(rsvps: list[Rsvp], serializer: Any) -> list[list[Any]]:
    """Return the fields that the serializer has for these parties, with their tickets."""
    shown = selectors.tickets_shown([rsvp.pk for rsvp in rsvps])
    for rsvp in rsvps:
        vars(rsvp)["_prefetched_objects_cache"] = {"tickets": shown[rsvp.pk]}
    return [_as_json(serializer(rsvp).data) for rsvp in rsvps]


def _positions() -> dict[int, int | None]:
    rsvps = list(Rsvp.objects.all())
    selectors.add_positions(rsvps)
    return {rsvp.pk: rsvp.waitlist_position for rsvp in rsvps}
