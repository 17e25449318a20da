"""Bodies that are built without a serializer are the same as the serializer's."""

from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from events.models import Event, Tally
from rsvp import selectors
from rsvp.models import Rsvp
from rsvp.serializers.attendance import AttendeeForOwnerSerializer, attendee_body
from rsvp.serializers.rsvps import RsvpSerializer, rsvp_body
from rsvp.services import join_event
from tests.factories import EventFactory, people

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
    selectors.add_position(rsvp)
    assert list(rsvp_body(rsvp).items()) == list(RsvpSerializer(rsvp).data.items())
    attendee = AttendeeForOwnerSerializer(rsvp).data
    assert list(attendee_body(rsvp).items()) == list(attendee.items())


def test_body_of_a_deleted_event(ada: User) -> None:
    event = EventFactory.create()
    join_event(event_id=event.pk, attendee=ada)
    Event.objects.filter(pk=event.pk).update(deleted_at=timezone.now())
    rsvp = Rsvp.objects.select_related("event", "user").get(user=ada)
    selectors.add_position(rsvp)
    assert rsvp_body(rsvp) == RsvpSerializer(rsvp).data


@pytest.mark.parametrize("limit", [None, 3, 2, 1])
def test_position_is_that_of_the_queryset(limit: int | None) -> None:
    event = EventFactory.create(max_attendees=3)
    for person, guests in zip(people(7), [2, 0, 2, 1, 0, 2, 1], strict=True):
        join_event(event_id=event.pk, attendee=person, guests=guests)
    Tally.objects.filter(pk=event.pk).update(max_attendees=limit, going=0)
    assert _positions() == _expected_positions()
    Event.objects.filter(pk=event.pk).update(deleted_at=timezone.now())
    assert _positions() == _expected_positions()


def _positions() -> dict[int, int | None]:
    rsvps = Rsvp.objects.all()
    for rsvp in rsvps:
        selectors.add_position(rsvp)
    return {rsvp.pk: rsvp.waitlist_position for rsvp in rsvps}


def _expected_positions() -> dict[int, int | None]:
    return {rsvp.pk: rsvp.waitlist_position for rsvp in Rsvp.objects.with_position()}
