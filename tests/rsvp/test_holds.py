"""Seats that are held until they are paid, with the test provider."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import override_settings
from django.utils import timezone

from accounts.models import User
from core.clock import written
from events.models import DiscountCode, Event, Series, Tally, TicketType, TypeTally
from events.services.events import cancel_event, delete_event, publish_event
from events.signals import event_deleted, occurrences_off
from notifications.tasks import relay
from payments.exceptions import SeatsGone
from payments.gateways import test as provider
from payments.gateways.base import CheckoutState, Outcome
from payments.models import Payment, Refund
from payments.services.closing import cancel_payment
from payments.services.refunds import request_refund
from payments.services.settlement import record_state
from payments.services.states import settle
from payments.services.work import work
from rsvp.models import Rsvp
from rsvp.services import holds
from rsvp.services.holds import hold_again
from tests.client import Api
from tests.factories import EventFactory, UserFactory, people
from tests.rsvp.ticketed import buy, offer, parties

pytestmark = [pytest.mark.both, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def in_debug() -> Any:
    with override_settings(DEBUG=True):
        yield


@pytest.fixture
def event() -> Event:
    return EventFactory.create(max_attendees=10)


@pytest.fixture
def ticket(event: Event) -> int:
    return offer(event, 2, price=1250, currency="EUR").pk


def post(event: Event, person: User, *tickets: tuple[int, int], **fields: Any) -> Any:
    listed = [{"ticket_type": pk, "quantity": quantity} for pk, quantity in tickets]
    body = {"status": "going", "tickets": listed} | fields
    return Api(person).client.post(f"/api/events/{event.pk}/rsvp/", body)


def pay(payment_id: int, outcome: Outcome = Outcome.PAID) -> None:
    """Press a button on the provider's page, and hear of it."""
    provider.pay(Payment.objects.get(pk=payment_id).checkout_id, outcome)
    settle(payment_id)


def shown_to(person: User, event: Event) -> list[Any]:
    """Return the person's RSVP by itself, and in their list."""
    reader = Api(person)
    return [reader.get(f"/events/{event.pk}/rsvp/"), *reader.get("/rsvps/")["results"]]


def counts(event: Event) -> tuple[int, int, int]:
    tally = Tally.objects.get(pk=event.pk)
    return tally.going, tally.held, TypeTally.objects.get(ticket_type__event=event).taken


class TestHolds:
    def test_hold_counts_against_the_seats(self, event: Event, ticket: int) -> None:
        response = post(event, UserFactory.create(), (ticket, 2))
        body = response.json()
        assert (response.status_code, body["status"]) == (201, "pending_payment")
        payment = Payment.objects.get()
        assert body["checkout_url"] == payment.checkout_url != ""
        assert (body["payment"]["id"], body["payment"]["amount"]) == (payment.pk, "25.00")
        assert counts(event) == (0, 2, 2)
        assert post(event, UserFactory.create(), (ticket, 1)).json()["status"] == "waitlisted"

    def test_same_request_has_the_same_hold(self, event: Event, ticket: int) -> None:
        ada = UserFactory.create()
        first = post(event, ada, (ticket, 1)).json()
        again = post(event, ada, (ticket, 1)).json()
        assert again == first
        assert again["tickets"][0]["quantity"] == 1

    def test_hold_is_shown_until_it_is_paid(self, event: Event, ticket: int) -> None:
        ada = UserFactory.create()
        held = post(event, ada, (ticket, 1)).json()
        del held["refund"]  # only in responses to changes
        assert shown_to(ada, event) == [held, held]
        pay(held["payment"]["id"], Outcome.PROCESSING)
        del held["checkout_url"], held["payment"]  # there is nothing more to pay
        assert shown_to(ada, event) == [held, held]
        pay(Payment.objects.get().pk)
        assert [body["status"] for body in shown_to(ada, event)] == ["going", "going"]

    def test_hold_of_a_deleted_event_is_not_shown_as_payable(
        self, event: Event, ticket: int
    ) -> None:
        ada = UserFactory.create()
        post(event, ada, (ticket, 1))
        delete_event(event_id=event.pk)
        [listed] = Api(ada).get("/rsvps/")["results"]
        assert (listed["status"], "payment" in listed) == ("cancelled", False)

    def test_paid_in_time(self, event: Event, ticket: int) -> None:
        ada = UserFactory.create()
        pay(post(event, ada, (ticket, 2)).json()["payment"]["id"])
        assert parties(event, "going") == {ada.pk: {ticket: 2}}
        assert counts(event) == (2, 0, 2)

    def test_another_party_replaces_the_hold(self, event: Event, ticket: int) -> None:
        ada = UserFactory.create()
        first = post(event, ada, (ticket, 2)).json()
        second = post(event, ada, (ticket, 1)).json()
        assert second["payment"]["amount"] == "12.50"
        assert Payment.objects.get(pk=first["payment"]["id"]).status == "cancelled"
        assert counts(event) == (0, 1, 1)

    def test_leaving_ends_the_hold(self, event: Event, ticket: int) -> None:
        ada, ben = people(2)
        post(event, ada, (ticket, 2))
        post(event, ben, (ticket, 1))
        assert Api(ada).post(f"/events/{event.pk}/cancel/", expect=200)["status"] == "cancelled"
        assert parties(event, "pending_payment") == {ben.pk: {ticket: 1}}

    def test_hold_that_begins_again_while_leaving(
        self, event: Event, ticket: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ada = UserFactory.create()
        post(event, ada, (ticket, 2))

        end_hold = holds.end_hold

        def end_and_join(**whose: Any) -> None:
            end_hold(**whose)
            buy(event, ada, {ticket: 1})

        monkeypatch.setattr(holds, "end_hold", end_and_join)
        problem = Api(ada).post(f"/events/{event.pk}/cancel/", expect=503)
        assert problem["code"] == "provider_unavailable"
        assert counts(event) == (0, 1, 1)

    def test_hold_that_the_sweep_settles_while_leaving(
        self, event: Event, ticket: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ada = UserFactory.create()
        payment_id = post(event, ada, (ticket, 2)).json()["payment"]["id"]

        end_hold = holds.end_hold

        def settle_and_end(**whose: Any) -> None:
            pay(payment_id)
            end_hold(**whose)

        monkeypatch.setattr(holds, "end_hold", settle_and_end)
        problem = Api(ada).post(f"/events/{event.pk}/cancel/", expect=409)
        assert problem["code"] == "just_paid"
        assert counts(event) == (2, 0, 2)

    def test_expired_hold_frees_the_seats(self, event: Event, ticket: int) -> None:
        ada = UserFactory.create()
        payment_id = post(event, ada, (ticket, 2)).json()["payment"]["id"]
        cancel_payment(payment_id)
        assert Rsvp.objects.get(user=ada).status == "cancelled"
        assert counts(event) == (0, 0, 0)

    def test_paid_too_late_with_a_free_seat(self, event: Event, ticket: int) -> None:
        ada = UserFactory.create()
        payment_id = post(event, ada, (ticket, 1)).json()["payment"]["id"]
        self.pay_late(payment_id)
        assert parties(event, "going") == {ada.pk: {ticket: 1}}

    def test_paid_too_late_without_a_seat(self, event: Event, ticket: int) -> None:
        ada, ben = people(2)
        payment_id = post(event, ada, (ticket, 2)).json()["payment"]["id"]
        post(event, ben, (ticket, 2))
        self.pay_late(payment_id)
        assert Rsvp.objects.get(user=ada).status == "cancelled"
        assert [(refund.amount, refund.payment_id) for refund in Refund.objects.all()] == [
            (2500, payment_id)
        ]

    def pay_late(self, payment_id: int) -> None:
        """Pay on the page after the hold ended, as if the provider had not closed it in time."""
        cancel_payment(payment_id)
        payment = Payment.objects.get(pk=payment_id)
        record_state(
            payment,
            CheckoutState(Outcome.PAID, payment.amount, payment.currency, payment.checkout_id),
        )

    def test_promotion_is_an_offer(self, event: Event, ticket: int) -> None:
        ada, ben = people(2)
        pay(post(event, ada, (ticket, 2)).json()["payment"]["id"])
        post(event, ben, (ticket, 1))
        Api(ada).post(f"/events/{event.pk}/cancel/", expect=200)
        assert parties(event, "pending_payment") == {ben.pk: {ticket: 1}}
        before = shown_to(ben, event)
        assert [body["checkout_url"] for body in before] == [None, None]
        body = post(event, ben, (ticket, 1)).json()
        assert before[0] | {"checkout_url": body["checkout_url"], "refund": None} == body
        pay(body["payment"]["id"])
        assert parties(event, "going") == {ben.pk: {ticket: 1}}

    @pytest.mark.parametrize(("own_sale", "lasts"), [(None, 24), (3, 3)], ids=["open", "closing"])
    def test_offer_lasts_as_long_as_the_sale_of_its_own_types(
        self, event: Event, ticket: int, own_sale: int | None, lasts: int
    ) -> None:
        ada, ben = people(2)
        now, hour = timezone.now(), timedelta(hours=1)
        offer(event, price=900, currency="EUR", sales_close_at=now - hour)
        pay(post(event, ada, (ticket, 2)).json()["payment"]["id"])
        post(event, ben, (ticket, 1))
        if own_sale:
            TicketType.objects.filter(pk=ticket).update(sales_close_at=now + own_sale * hour)
        Api(ada).post(f"/events/{event.pk}/cancel/", expect=200)
        expires_at = Payment.objects.get(payer=ben).expires_at
        assert round((expires_at - now) / hour) == lasts
        relay()
        [offered] = [str(m.body) for m in mail.outbox if m.subject.startswith("Pay for your seats")]
        assert f"are held for you until {written(expires_at)}. Pay" in offered

    @pytest.mark.parametrize(
        ("providers", "price", "refusal"),
        [
            ({"DEBUG": False}, (1250, "EUR"), (409, "payments_not_configured")),
            ({"STRIPE_SECRET_KEY": "sk_test_1"}, (1255, "BHD"), (400, "validation_error")),
        ],
        ids=["off", "amount"],
    )
    def test_offer_that_nobody_can_charge_does_not_stop_others_from_leaving(
        self, event: Event, providers: Any, price: tuple[int, str], refusal: tuple[int, str]
    ) -> None:
        ticket = offer(event, 1, price=price[0], currency=price[1]).pk
        ada, ben = people(2)
        pay(post(event, ada, (ticket, 1)).json()["payment"]["id"])
        post(event, ben, (ticket, 1))
        with override_settings(**providers):
            Api(ada).post(f"/events/{event.pk}/cancel/", expect=200)
            response = post(event, ben, (ticket, 1))
        assert (response.status_code, response.json()["code"]) == refusal
        assert parties(event, "pending_payment") == {ben.pk: {ticket: 1}}
        assert post(event, ben, (ticket, 1), provider="test").json()["checkout_url"]

    def test_hold_of_a_provider_that_is_off(self, event: Event, ticket: int) -> None:
        ada = UserFactory.create()
        post(event, ada, (ticket, 1))
        with override_settings(DEBUG=False):
            Api(ada).post(f"/events/{event.pk}/cancel/", expect=503)
        assert parties(event, "pending_payment") == {ada.pk: {ticket: 1}}

    def test_declined_by_the_bank(self, event: Event, ticket: int) -> None:
        ada = UserFactory.create()
        payment_id = post(event, ada, (ticket, 1)).json()["payment"]["id"]
        pay(payment_id, Outcome.PROCESSING)
        assert counts(event) == (0, 1, 1)
        pay(payment_id, Outcome.FAILED)
        assert Rsvp.objects.get(user=ada).status == "cancelled"
        assert counts(event) == (0, 0, 0)

    def test_paid_tickets_are_not_added_to_a_party(self, event: Event, ticket: int) -> None:
        ada = UserFactory.create()
        pay(post(event, ada, (ticket, 1)).json()["payment"]["id"])
        response = post(event, ada, (ticket, 2))
        assert (response.status_code, response.json()["code"]) == (409, "tickets_bought")


class TestCancelledEvents:
    """Two paid parties, a hold, and a free party; then the event is off."""

    @pytest.fixture(autouse=True)
    def sold(self, event: Event) -> None:
        paid, free = offer(event, price=1250, currency="EUR").pk, offer(event).pk
        ada, ben, holder, guest = people(4)
        for person, number in ((ada, 2), (ben, 1)):
            pay(post(event, person, (paid, number)).json()["payment"]["id"])
        post(event, holder, (paid, 1))
        assert post(event, guest, (free, 1)).json()["status"] == "going"

    def money(self) -> list[tuple[str, int, int]]:
        """Return each payment's status, with the sum and number of its refunds."""
        rows = Payment.objects.order_by("pk").prefetch_related("refunds")
        return [(row.status, row.refunded_amount, row.refunds.count()) for row in rows]

    @pytest.mark.parametrize("turn_off", [cancel_event, delete_event])
    def test_all_money_goes_back_once(self, event: Event, turn_off: Any) -> None:
        turn_off(event_id=event.pk)
        assert self.money() == [("paid", 0, 1), ("paid", 0, 1), ("open", 0, 0)]
        work(for_s=5)
        ends = [("refunded", 2500, 1), ("refunded", 1250, 1), ("cancelled", 0, 0)]
        assert self.money() == ends
        assert (len(parties(event, "going")), parties(event, "pending_payment")) == (3, {})
        event_deleted.send(Event, event=event)
        work(for_s=5)
        assert self.money() == ends

    def test_cancelled_twice_before_the_refunds(self, event: Event) -> None:
        cancel_event(event_id=event.pk)
        publish_event(event_id=event.pk)
        cancel_event(event_id=event.pk)
        work(for_s=5)
        assert [refunds for _, _, refunds in self.money()] == [1, 1, 0]

    def test_only_what_is_left(self, event: Event) -> None:
        first, second, _ = Payment.objects.order_by("pk")
        request_refund(payment=first, amount=999)
        request_refund(payment=second, amount=1250)
        Refund.objects.filter(payment=second).update(status="failed", due_at=None)
        cancel_event(event_id=event.pk)
        work(for_s=5)
        assert self.money()[:2] == [("refunded", 2500, 2), ("refunded", 1250, 2)]

    def test_disputed_payment_is_left(self, event: Event) -> None:
        disputed = Payment.objects.order_by("pk")[:1].get()
        Payment.objects.filter(pk=disputed.pk).update(status="disputed")
        cancel_event(event_id=event.pk)
        assert not disputed.refunds.exists()

    def test_hold_is_paid_before_its_page_is_closed(self, event: Event) -> None:
        hold = Payment.objects.get(status="open")
        cancel_event(event_id=event.pk)
        provider.pay(hold.checkout_id, Outcome.PAID)
        self.check_given_back(hold)

    def test_bank_pays_days_after_the_cancellation(self, event: Event) -> None:
        hold = Payment.objects.get(status="open")
        pay(hold.pk, Outcome.PROCESSING)
        cancel_event(event_id=event.pk)
        work(for_s=5)
        assert self.money()[2] == ("processing", 0, 0)
        pay(hold.pk)
        self.check_given_back(hold)

    def check_given_back(self, hold: Payment) -> None:
        for _ in range(2):  # it is settled, and then refunded
            work(for_s=5)
        assert self.money()[2] == ("refunded", 1250, 1)
        assert Rsvp.objects.get(pk=hold.rsvp_id).status == "cancelled"

    def test_approved_hold_is_not_captured(self, event: Event) -> None:
        hold = Payment.objects.get(status="open")
        hold_again(hold)
        cancel_event(event_id=event.pk)
        with pytest.raises(SeatsGone):
            hold_again(hold)

    def test_dates_of_a_series(self, event: Event) -> None:
        occurrences_off.send(Series, series=None, events=[EventFactory.create(), event])
        work(for_s=5)
        assert [status for status, _, _ in self.money()] == ["refunded", "refunded", "cancelled"]


class TestPrices:
    def test_discount_is_shared_to_the_cent(self, event: Event) -> None:
        first = offer(event, price=333, currency="EUR").pk
        second = offer(event, price=500, currency="EUR").pk
        DiscountCode.objects.create(event=event, code="THIRD", percent_off=33)
        body = post(event, UserFactory.create(), (first, 1), (second, 2), code="third").json()
        payment = Payment.objects.get(pk=body["payment"]["id"])
        lines = [(line.unit_amount, line.quantity, line.discount) for line in payment.lines.all()]
        assert lines == [(333, 1, 109), (500, 2, 331)]
        assert payment.amount == 1333 - 440

    def test_full_discount_needs_no_payment(self, event: Event, ticket: int) -> None:
        DiscountCode.objects.create(event=event, code="FREE", amount_off=99_999)
        body = post(event, UserFactory.create(), (ticket, 1), code="free").json()
        assert body["status"] == "going"
        assert Payment.objects.count() == 0
