"""Buyers of paid seats on PostgreSQL, with Stripe's library, and a control that keeps money.

They pay, decline, abandon, leave, and pay too late, while webhooks come often and in any order.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from django.db.models import Sum
from django.test import Client
from django.utils import timezone

from accounts.models import User
from events.models import Event, Tally, TicketType
from payments.exceptions import PaymentProviderUnavailable
from payments.models import Payment, ProviderEvent, Refund
from payments.services.checkout import current_payment, open_checkout
from payments.services.work import work
from rsvp.exceptions import HoldNotEnded, JustPaid
from rsvp.models import Rsvp
from rsvp.services import holds, leave_event
from tests.concurrency.busy_stripe import BusyStripe
from tests.concurrency.rush import CONTROL_ROUNDS, Rush, errors_other_than, rounds_of, rush_of
from tests.factories import EventFactory, people
from tests.invariants import check_invariants
from tests.payments.gateways import make_due
from tests.rsvp.ticketed import buy, offer
from tests.standins.stripe import KEY, WEBHOOK_SECRET

pytestmark = [pytest.mark.real, pytest.mark.django_db(transaction=True)]

SEATS = 10
BUYERS = 16
COURIERS = 2
PRICE = 1250
ROUNDS = 100


@pytest.fixture
def stripe(settings: Any) -> Iterator[BusyStripe]:
    with BusyStripe() as server:
        settings.STRIPE_SECRET_KEY, settings.STRIPE_BASE_URL = KEY, server.url
        settings.STRIPE_WEBHOOK_SECRETS = [WEBHOOK_SECRET]
        yield server


@pytest.fixture(scope="module")
def rush() -> Iterator[Rush]:
    with rush_of(BUYERS + COURIERS) as rush:
        yield rush


class Round:
    """An event with ten seats, sixteen buyers who want one or two of them, and what they do."""

    def __init__(self, stripe: BusyStripe, buyers: list[User], seed: int) -> None:
        self.stripe, self.buyers, self.random = stripe, buyers, random.Random(seed)
        self.event: Event = EventFactory.create(max_attendees=SEATS)
        self.ticket: TicketType = offer(self.event, SEATS, price=PRICE, currency="EUR")
        self.first_webhook = len(stripe.events)
        stripe.deaths = self.random.choice([0, 0, 1, 2])  # lost responses

    def play(self, rush: Rush) -> list[Exception]:
        """Return the errors that nobody expects."""
        deeds = (self.pay, self.decline, self.abandon, self.leave, self.leave_and_pay, self.bank)
        first = [
            partial(self.buy, buyer, self.random.choice((1, 1, 2)), self.random.choice(deeds))
            for buyer in self.buyers
        ]
        errors = self.run(rush, first)
        self.stripe.pay_at_expiry.clear()
        make_due(Payment)  # the holds that nobody paid are over
        payments = list(Payment.objects.filter(event=self.event))
        late = self.random.sample(payments, len(payments) // 2)
        errors += self.run(rush, [partial(self.pay_after_the_end, payment) for payment in late])
        self.finish()
        return errors

    def run(self, rush: Rush, actions: Sequence[Callable[[], Any]]) -> list[Exception]:
        couriers = [partial(self.carry, self.random.random()) for _ in range(COURIERS)]
        outcomes = rush([*actions, *couriers])
        assert self.seats_taken() <= SEATS
        return errors_other_than(outcomes, HoldNotEnded, JustPaid)

    def seats_taken(self) -> int:
        tally = Tally.objects.get(pk=self.event.pk)
        taken = Rsvp.objects.filter(event=self.event, status__in=["going", "pending_payment"])
        parties = [rsvp.party for rsvp in taken]
        assert sum(parties) == tally.going + tally.held
        return sum(parties)

    # The buyers

    def buy(self, buyer: User, quantity: int, deed: Callable[[User, str], None]) -> None:
        rsvp = buy(self.event, buyer, {self.ticket.pk: quantity})
        payment = current_payment(rsvp.pk)
        if payment is None:
            return
        for _ in range(2):
            with suppress(PaymentProviderUnavailable):  # a response was lost: the buyer asks again
                open_checkout(payment.pk)
        checkout_id = open_checkout(payment.pk).checkout_id
        deed(buyer, checkout_id)

    def pay(self, buyer: User, checkout_id: str) -> None:
        self.stripe.pay_if_open(checkout_id)

    def decline(self, buyer: User, checkout_id: str) -> None:
        self.stripe.decline(checkout_id)

    def abandon(self, buyer: User, checkout_id: str) -> None:
        pass

    def leave(self, buyer: User, checkout_id: str) -> None:
        leave_event(event_id=self.event.pk, attendee=buyer)

    def leave_and_pay(self, buyer: User, checkout_id: str) -> None:
        self.stripe.pay_at_expiry.add(checkout_id)
        self.leave(buyer, checkout_id)

    def bank(self, buyer: User, checkout_id: str) -> None:
        self.stripe.pay_by_bank(checkout_id)

    def pay_after_the_end(self, payment: Payment) -> None:
        if payment.checkout_id:
            self.stripe.pay_late(payment.checkout_id)

    # The webhooks and the sweep

    def carry(self, seed: float) -> None:
        """Deliver what was sent so far, several times and in any order, and sweep now and then."""
        chance = random.Random(seed)
        for _ in range(4):
            if webhooks := self.stripe.webhooks()[self.first_webhook :]:
                for body, headers in chance.choices(webhooks, k=min(len(webhooks), 8)):
                    self.deliver(body, headers)
            work(for_s=0.1)

    def deliver(self, body: bytes, headers: dict[str, str]) -> None:
        url, kind = "/api/payments/webhooks/stripe/", "application/json"
        response = Client().post(url, body, content_type=kind, headers=headers)
        assert response.status_code == 200, response.content

    def finish(self) -> None:
        """Let the banks decide, deliver the rest, and end the holds, until nothing is open."""
        self.stripe.deaths = 0
        self.stripe.let_banks_decide(list(self.stripe.sessions))
        webhooks = self.stripe.webhooks()[self.first_webhook :]
        for body, headers in self.random.sample(webhooks, len(webhooks)):
            self.deliver(body, headers)
        for _ in range(50):
            Payment.objects.unended().update(due_at=timezone.now())
            for model in (ProviderEvent, Refund):
                make_due(model)
            if not work(for_s=5):
                return
        raise AssertionError("Payments stay open.")

    # The books

    def differences(self) -> list[Any]:
        """Return where our books, Stripe's and the seats of all rounds differ."""
        going = Rsvp.objects.filter(status="going")
        price = sum(rsvp.party for rsvp in going) * PRICE
        sums = Payment.objects.aggregate(paid=Sum("received_amount"), back=Sum("refunded_amount"))
        ours = (sums["paid"] or 0) - (sums["back"] or 0)
        theirs = self.stripe.money_in - self.stripe.money_out
        return [] if price == ours == theirs else [(price, ours, theirs)]


def differences_of_a_round(rush: Rush, stripe: BusyStripe, buyers: list[User], seed: int) -> Any:
    game = Round(stripe, buyers, seed)
    errors = game.play(rush)
    assert game.seats_taken() <= SEATS
    return errors + game.differences()


def test_money_equals_the_seats(rush: Rush, stripe: BusyStripe) -> None:
    buyers = people(BUYERS)
    for seed in rounds_of(ROUNDS):
        assert differences_of_a_round(rush, stripe, buyers, seed) == [], seed
    check_invariants()


def test_without_the_refund_money_is_left(
    rush: Rush, stripe: BusyStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holds, "return_all", lambda *_, **__: None)
    buyers = people(BUYERS)
    rounds = range(CONTROL_ROUNDS)
    assert any(differences_of_a_round(rush, stripe, buyers, seed) for seed in rounds)
