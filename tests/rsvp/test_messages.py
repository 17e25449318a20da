"""Receipts for RSVPs."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from events.models import Event
from events.services.events import update_event
from notifications.models import Notification
from rsvp.models import RsvpChange
from rsvp.services import join_event, leave_event, mark_interested
from tests.client import Api
from tests.factories import fill


def kinds_sent(user: User) -> list[str]:
    return list(user.notifications.order_by("id").values_list("kind", flat=True))


def test_seat_is_confirmed(event: Event, ada: User) -> None:
    join_event(event_id=event.pk, attendee=ada, guests=1)
    [notification] = Notification.objects.all()
    assert (notification.user, notification.kind) == (ada, "rsvp_confirmed")
    assert notification.event_id == event.pk
    assert notification.occasion == f"answer {RsvpChange.objects.get().pk}"
    assert notification.useful_until == event.end_time
    assert notification.context == {
        "event": {
            "id": event.pk,
            "title": event.title,
            "starts_at": event.start_time.isoformat(),
            "ends_at": event.end_time.isoformat(),
            "timezone": "UTC",
            "days": None,
            "location": "Town hall",
            "latitude": None,
            "longitude": None,
            "sequence": 0,
            "organizer_id": event.created_by_id,
            "is_gone": False,
        },
        "guests": 1,
        "answer_id": RsvpChange.objects.get().pk,
    }


def test_waiting_and_promotion_send_a_receipt_each(event: Event, ada: User) -> None:
    first, _ = fill(event, 2)
    join_event(event_id=event.pk, attendee=ada)
    assert kinds_sent(ada) == ["waitlisted"]
    leave_event(event_id=event.pk, attendee=first)
    assert kinds_sent(ada) == ["waitlisted", "promoted"]
    assert kinds_sent(first) == ["rsvp_confirmed", "rsvp_cancelled"]


def test_everyone_seated_by_a_higher_limit_is_notified(event: Event, olive: User) -> None:
    crowd = fill(event, 5)
    update_event(event_id=event.pk, changes={"max_attendees": 4})
    assert [kinds_sent(person)[1:] for person in crowd] == [[], [], ["promoted"], ["promoted"], []]


def test_repeated_rsvp_sends_nothing(event: Event, ada: User) -> None:
    for _ in range(2):
        join_event(event_id=event.pk, attendee=ada)
    assert kinds_sent(ada) == ["rsvp_confirmed"]


def test_another_party_is_another_receipt(event: Event, ada: User) -> None:
    join_event(event_id=event.pk, attendee=ada)
    join_event(event_id=event.pk, attendee=ada, guests=1)
    assert [n.context["guests"] for n in ada.notifications.order_by("id")] == [0, 1]


def test_party_that_shrinks_into_a_seat_is_notified_of_the_seat_only(
    event: Event, ada: User
) -> None:
    fill(event, 1)
    join_event(event_id=event.pk, attendee=ada, guests=1)
    join_event(event_id=event.pk, attendee=ada, guests=0)
    assert kinds_sent(ada) == ["waitlisted", "promoted"]


def test_interest_has_no_receipt(event: Event, ada: User) -> None:
    mark_interested(event_id=event.pk, attendee=ada)
    leave_event(event_id=event.pk, attendee=ada)
    assert kinds_sent(ada) == []


def test_seat_given_up_for_an_interest_sends_a_receipt(event: Event, ada: User) -> None:
    join_event(event_id=event.pk, attendee=ada)
    mark_interested(event_id=event.pk, attendee=ada)
    assert kinds_sent(ada) == ["rsvp_confirmed", "rsvp_cancelled"]
    assert ada.notifications.latest("id").context["now"] == "interested"


def test_coming_back_after_leaving_is_confirmed_again(event: Event, ada: User) -> None:
    join_event(event_id=event.pk, attendee=ada)
    leave_event(event_id=event.pk, attendee=ada)
    join_event(event_id=event.pk, attendee=ada)
    assert kinds_sent(ada) == ["rsvp_confirmed", "rsvp_cancelled", "rsvp_confirmed"]


def test_refused_rsvp_sends_nothing(event: Event, as_ada: Api, ada: User) -> None:
    fill(event, 2)
    as_ada.post(f"/events/{event.pk}/rsvp/", {"status": "going", "waitlist": False}, expect=409)
    assert kinds_sent(ada) == []


def test_request_id_is_in_the_outbox(event: Event, ada: User) -> None:
    api = Api(ada, HTTP_X_REQUEST_ID="friday-evening-1")
    api.post(f"/events/{event.pk}/rsvp/", {"status": "going"})
    assert ada.notifications.get().request_id == "friday-evening-1"


@pytest.mark.parametrize("hours", [-3, 3])
def test_receipt_expires_at_the_end(event: Event, ada: User, hours: int) -> None:
    join_event(event_id=event.pk, attendee=ada)
    at = event.end_time + timedelta(hours=hours)
    assert ada.notifications.get().is_useful(at) == (hours < 0)
    assert timezone.is_aware(at)
