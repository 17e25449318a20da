"""Messages to people with held seats: that they were not paid, and about the event."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import override_settings
from django.utils import timezone
from time_machine import travel

from accounts.models import User
from core.clock import written
from events.models import Event
from events.services.events import cancel_event, update_event
from notifications.models import Notification
from notifications.rendering import short_text
from notifications.tasks import relay
from payments.gateways import test as provider
from payments.gateways.base import Outcome
from payments.models import Payment
from payments.services.states import settle
from payments.services.work import work
from rsvp.messages.announcements import fan_out
from rsvp.models import Rsvp
from tests.client import Api
from tests.factories import EventFactory, people
from tests.rsvp.ticketed import buy, offer

pytestmark = [pytest.mark.both, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def in_debug() -> Any:
    with override_settings(DEBUG=True):  # the test provider is on
        yield


@pytest.fixture
def event() -> Event:
    event = EventFactory.create()
    offer(event, 2, price=1250, currency="EUR")
    return event


def hold(event: Event, person: User, quantity: int = 2) -> Payment:
    body = {"status": "going", "guests": quantity - 1}
    payment_id = Api(person).post(f"/events/{event.pk}/rsvp/", body, expect=201)["payment"]["id"]
    return Payment.objects.get(pk=payment_id)


def let_expire(payment: Payment) -> None:
    now = timezone.now()
    Payment.objects.filter(pk=payment.pk).update(expires_at=now, due_at=now)
    work(for_s=5)
    payment.refresh_from_db()
    assert payment.status == "expired"


def mails_about(outcome: str) -> list[str]:
    relay()
    return [str(message.body) for message in mail.outbox if message.subject.startswith(outcome)]


def test_hold_that_was_not_paid_in_time(event: Event, ada: User) -> None:
    payment = hold(event, ada)
    let_expire(payment)
    [body] = mails_about("Not paid, RSVP cancelled: ")
    assert f"with 1 guest were held until {written(payment.expires_at)}, and were not" in body
    assert "send a new RSVP while tickets are on sale" in body
    assert [message.attachments for message in mail.outbox] == [[]]  # no calendar had it
    assert "is cancelled: the seats were not paid in time." in short_text(ada.notifications.get())


def test_payment_that_failed(event: Event, ada: User) -> None:
    payment = hold(event, ada)
    for outcome in (Outcome.PROCESSING, Outcome.FAILED):
        provider.pay(payment.checkout_id, outcome)
        settle(payment.pk)
    [body] = mails_about("Not paid, RSVP cancelled: ")
    assert f"The payment for your seats at “{event.title}” with 1 guest has failed." in body
    assert "is cancelled: the payment has failed." in short_text(ada.notifications.get())


def test_offer_that_lapsed(event: Event) -> None:
    ada, ben, eve = people(3)
    first = hold(event, ada)
    for person in (ben, eve):
        assert buy(event, person, {event.ticket_types.get().pk: 2}).status == "waitlisted"
    let_expire(first)
    let_expire(Payment.objects.get(payer=ben))
    kinds = ben.notifications.order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["waitlisted", "promoted", "rsvp_cancelled"]
    assert Payment.objects.get(payer=eve).status == "open"


@pytest.mark.parametrize("body", [None, {"status": "interested"}, {"status": "going", "guests": 0}])
def test_person_who_ended_the_hold_gets_no_message(event: Event, ada: User, body: Any) -> None:
    hold(event, ada)
    path = f"/events/{event.pk}/rsvp/" if body else f"/events/{event.pk}/cancel/"
    Api(ada).post(path, body or {}, expect=200)
    work(for_s=5)
    assert not ada.notifications.exists()


def test_cancelled_event_sends_nothing_about_the_payment(event: Event, ada: User) -> None:
    payment = hold(event, ada)
    provider.pay(payment.checkout_id, Outcome.PROCESSING)
    settle(payment.pk)
    cancel_event(event_id=event.pk)
    provider.pay(payment.checkout_id, Outcome.FAILED)
    settle(payment.pk)
    assert Rsvp.objects.get(user=ada).status == "cancelled"
    assert not Notification.objects.filter(user=ada, kind="rsvp_cancelled").exists()


def test_new_rsvp_stops_the_message(event: Event, ada: User) -> None:
    """Also at once, unlike receipts for what the person did."""
    let_expire(hold(event, ada))
    buy(event, ada, {event.ticket_types.get().pk: 1})
    assert mails_about("Not paid") == []


def test_delayed_message_is_sent_while_it_is_true(event: Event, ada: User) -> None:
    let_expire(hold(event, ada))
    with travel(timezone.now() + timedelta(hours=1)):
        assert len(mails_about("Not paid")) == 1


def test_changes_of_the_event_are_announced_to_holds(event: Event, ada: User) -> None:
    hold(event, ada)
    update_event(event_id=event.pk, changes={"location": "Park"})
    assert fan_out() == 1
    message = ada.notifications.get(kind="event_changed")
    assert message.context["has_seat"] is False


@pytest.mark.parametrize("is_over", [True, False], ids=["ended", "not yet"])
def test_cancellation_is_announced_to_holds(event: Event, is_over: bool) -> None:
    """The cancellation ends the holds, which may happen before the announcement."""
    ada, ben = people(2)
    hold(event, ben, 1)
    Api(ben).post(f"/events/{event.pk}/cancel/", expect=200)
    hold(event, ada)
    cancel_event(event_id=event.pk)
    if is_over:
        work(for_s=5)
        assert Rsvp.objects.get(user=ada).status == "cancelled"
    assert fan_out() == 1
    assert list(ada.notifications.values_list("kind", flat=True)) == ["event_cancelled"]
