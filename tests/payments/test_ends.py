"""Each end of a payment, with a scripted provider."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from events.models import Event
from notifications.models import Notification
from payments.exceptions import PaymentProviderUnavailable, SeatsGone
from payments.gateways.base import (
    Checkout,
    Order,
    Outcome,
    ProviderError,
    RefundState,
)
from payments.models import Payment, Refund
from payments.services import closing
from payments.services.checkout import open_checkout
from payments.services.closing import cancel_payment, request_cancel
from payments.services.refunds import request_refund
from payments.services.states import settle
from payments.services.work import work
from payments.signals import payment_approved, payment_settled
from tests.payments.gateways import FakeGateway, make_due, payment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]


def status(row: Payment) -> str:
    return Payment.objects.get(pk=row.pk).status


def _due(row: Payment) -> None:
    now = timezone.now() - timedelta(seconds=1)
    Payment.objects.filter(pk=row.pk).update(due_at=now, expires_at=now)


def test_paid_in_time(event: Event, ada: User, gateway: FakeGateway, sent: list[str]) -> None:
    row = payment(event, ada)
    gateway.pay(row.checkout_id, fee=60)
    settle(row.pk)
    row.refresh_from_db()
    assert (row.status, row.received_amount, row.fee, row.due_at) == ("paid", 2500, 60, None)
    assert sent == ["settled"]
    assert Notification.objects.filter(kind="payment_receipt", user=ada).count() == 1


def test_settling_again_changes_nothing(
    event: Event, ada: User, gateway: FakeGateway, sent: list[str]
) -> None:
    row = payment(event, ada)
    gateway.pay(row.checkout_id)
    for _ in range(5):
        settle(row.pk)
    assert (status(row), sent) == ("paid", ["settled"])


def test_abandoned_payment_expires_at_the_provider_first(
    event: Event, ada: User, gateway: FakeGateway, sent: list[str]
) -> None:
    row = payment(event, ada)
    _due(row)
    work(for_s=5)
    assert (status(row), sent) == ("expired", ["ended"])
    assert gateway.calls == ["create_checkout", "expire"]


def test_unconfirmed_expiry_keeps_the_hold(
    event: Event, ada: User, gateway: FakeGateway, sent: list[str]
) -> None:
    row = payment(event, ada)
    gateway.fails = {"expire"}
    _due(row)
    work(for_s=5)
    assert (status(row), sent) == ("open", [])
    gateway.fails = set()
    make_due(Payment)
    work(for_s=5)
    assert (status(row), sent) == ("expired", ["ended"])


def test_page_that_is_not_voided_keeps_the_hold(
    event: Event, ada: User, gateway: FakeGateway, sent: list[str]
) -> None:
    row = payment(event, ada)
    gateway.voids = False
    with pytest.raises(ProviderError):
        cancel_payment(row.pk)
    assert (status(row), sent) == ("open", [])


def test_paid_while_it_was_expiring(
    event: Event, ada: User, gateway: FakeGateway, sent: list[str]
) -> None:
    row = payment(event, ada)
    gateway.pays_at_expiry = True
    _due(row)
    work(for_s=5)
    assert (status(row), sent) == ("paid", ["settled"])


def test_cancelled_in_the_background(
    event: Event, ada: User, gateway: FakeGateway, sent: list[str]
) -> None:
    row = payment(event, ada)
    request_cancel(row)
    assert status(row) == "open"
    work(for_s=5)
    assert (status(row), sent) == ("cancelled", ["ended"])


def test_paid_after_the_end_is_late(
    event: Event, ada: User, gateway: FakeGateway, sent: list[str]
) -> None:
    row = payment(event, ada)
    _due(row)
    work(for_s=5)
    gateway.pay(row.checkout_id)
    settle(row.pk)
    assert (status(row), sent) == ("paid", ["ended", "settled late"])


def test_late_money_goes_back(event: Event, ada: User, gateway: FakeGateway) -> None:
    def give_back(*, payment: Payment, is_late: bool, **_: Any) -> None:
        if is_late:
            request_refund(payment=payment, reason="No seat was free.")

    payment_settled.connect(give_back)
    try:
        row = payment(event, ada)
        cancel_payment(row.pk)
        gateway.pay(row.checkout_id)
        settle(row.pk)
    finally:
        payment_settled.disconnect(give_back)
    work(for_s=5)
    assert status(row) == "refunded"
    assert [refund.amount for refund in gateway.refunds.values()] == [2500]


def test_late_money_that_went_back_at_the_provider_needs_no_refund(
    event: Event, ada: User, gateway: FakeGateway, sent: list[str]
) -> None:
    row = payment(event, ada)
    cancel_payment(row.pk)
    gateway.pay(row.checkout_id, refunds=(RefundState("re_dashboard", 2500, "done"),))
    settle(row.pk)
    assert (status(row), sent) == ("refunded", ["ended", "refunded"])


@pytest.mark.parametrize("outcome", [Outcome.PAID, Outcome.FAILED])
def test_processing_ends_days_later(
    event: Event, ada: User, gateway: FakeGateway, sent: list[str], outcome: Outcome
) -> None:
    row = payment(event, ada)
    gateway.set(row.checkout_id, outcome=Outcome.PROCESSING)
    settle(row.pk)
    assert (status(row), sent) == ("processing", ["processing"])
    make_due(Payment)
    work(for_s=5)
    assert (status(row), sent) == ("processing", ["processing"])
    gateway.set(row.checkout_id, outcome=outcome)
    make_due(Payment)
    work(for_s=5)
    ends = {"paid": ("paid", "settled"), "failed": ("failed", "ended")}
    assert (status(row), sent[-1]) == ends[outcome]


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        pytest.param(2400, "EUR", id="too_little"),
        pytest.param(2600, "EUR", id="too_much"),
        pytest.param(2500, "USD", id="currency"),
        pytest.param(2500, "XXQ", id="unknown_currency"),
    ],
)
def test_wrong_amount_seats_nobody(
    event: Event,
    ada: User,
    alma: User,
    gateway: FakeGateway,
    sent: list[str],
    amount: int,
    currency: str,
) -> None:
    row = payment(event, ada)
    gateway.pay(row.checkout_id, amount=amount, currency=currency)
    settle(row.pk)
    work(for_s=5)
    assert (status(row), sent) == ("refunded", ["ended", "refunded"])
    assert [refund.amount for refund in gateway.refunds.values()] == [amount]
    assert Notification.objects.filter(kind="admin_alert", user=alma).count() == 1


def test_lost_answer_finds_what_was_made(event: Event, ada: User, gateway: FakeGateway) -> None:
    row = payment(event, ada, is_opened=False)
    gateway.dies_after = {"create_checkout"}
    with pytest.raises(PaymentProviderUnavailable):
        open_checkout(row.pk)
    gateway.dies_after = set()
    assert open_checkout(row.pk).checkout_url == f"https://pay.example/cs_{row.pk}"
    assert len(gateway.states) == 1


def test_dispute_that_is_won(event: Event, ada: User, alma: User, gateway: FakeGateway) -> None:
    row = payment(event, ada)
    gateway.pay(row.checkout_id, is_disputed=True)
    settle(row.pk)
    assert status(row) == "disputed"
    assert Notification.objects.filter(kind="admin_alert", user=alma).count() == 1
    gateway.set(row.checkout_id, is_disputed=False)
    settle(row.pk)
    assert status(row) == "paid"


def test_dispute_that_is_lost(event: Event, ada: User, gateway: FakeGateway) -> None:
    row = payment(event, ada)
    gateway.pay(row.checkout_id, is_disputed=True)
    settle(row.pk)
    gateway.set(row.checkout_id, is_disputed=False, refunds=(RefundState("du_1", 2500, "done"),))
    settle(row.pk)
    assert status(row) == "refunded"


def test_refund_of_the_dashboard_is_booked(
    event: Event, ada: User, gateway: FakeGateway, sent: list[str]
) -> None:
    row = payment(event, ada)
    gateway.pay(row.checkout_id)
    gateway.add_refund(row.checkout_id, RefundState("re_dashboard", 500, "done"))
    settle(row.pk)
    settle(row.pk)
    row.refresh_from_db()
    assert (row.status, row.refunded_amount) == ("partially_refunded", 500)
    assert sent == ["refunded", "settled"]
    assert Refund.objects.get().requested_by is None


# PayPal


def test_approved_order_is_captured_after_the_seats(
    event: Event, ada: User, gateway: FakeGateway, sent: list[str]
) -> None:
    row = payment(event, ada, provider="paypal")
    gateway.set(row.checkout_id, outcome=Outcome.APPROVED)
    settle(row.pk)
    assert (status(row), sent) == ("paid", ["approved", "settled"])


def test_approved_order_without_seats_is_not_captured(
    event: Event, ada: User, gateway: FakeGateway
) -> None:
    def refuse(**_: Any) -> None:
        raise SeatsGone

    row = payment(event, ada, provider="paypal")
    gateway.set(row.checkout_id, outcome=Outcome.APPROVED)
    payment_approved.connect(refuse)
    try:
        settle(row.pk)
    finally:
        payment_approved.disconnect(refuse)
    assert status(row) == "expired"
    assert "capture" not in gateway.calls


def test_order_of_paypal_ends_by_our_clock(
    event: Event, ada: User, gateway: FakeGateway, sent: list[str]
) -> None:
    row = payment(event, ada, provider="paypal")
    gateway.voids = False
    _due(row)
    work(for_s=5)
    assert (status(row), sent) == ("expired", ["ended"])


def test_expired_order_is_captured_if_seats_are_taken_again(
    event: Event, ada: User, gateway: FakeGateway, sent: list[str]
) -> None:
    row = payment(event, ada, provider="paypal")
    gateway.voids = False
    _due(row)
    work(for_s=5)
    gateway.set(row.checkout_id, outcome=Outcome.APPROVED)
    settle(row.pk)
    assert (status(row), sent) == ("paid", ["ended", "approved", "settled"])


def test_cancelled_order_is_never_captured(event: Event, ada: User, gateway: FakeGateway) -> None:
    row = payment(event, ada, provider="paypal")
    gateway.voids = False
    gateway.set(row.checkout_id, outcome=Outcome.APPROVED)
    cancel_payment(row.pk)
    settle(row.pk)
    assert status(row) == "cancelled"
    assert "capture" not in gateway.calls


# Pages that are made while their payment ends


def test_page_that_is_made_after_the_end_is_closed_once(
    event: Event, ada: User, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = payment(event, ada, is_opened=False)
    create = gateway.create_checkout

    def end_first(order: Order) -> Checkout:
        cancel_payment(row.pk)
        return create(order)

    monkeypatch.setattr(gateway, "create_checkout", end_first)
    assert open_checkout(row.pk).open_url == ""
    for _ in range(3):
        work(for_s=5)
    row.refresh_from_db()
    assert (row.status, row.due_at) == ("cancelled", None)
    assert gateway.states[row.checkout_id].outcome == Outcome.EXPIRED
    assert gateway.calls == ["create_checkout", "expire"]


def test_page_that_is_made_before_the_end_is_closed_first(
    event: Event, ada: User, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = payment(event, ada)
    checkout_id = row.checkout_id
    Payment.objects.filter(pk=row.pk).update(checkout_id="")
    lock = closing.lock_payment

    def answer_first(payment_id: int) -> Payment:
        monkeypatch.setattr(closing, "lock_payment", lock)
        Payment.objects.filter(pk=payment_id).update(checkout_id=checkout_id)
        return lock(payment_id)

    monkeypatch.setattr(closing, "lock_payment", answer_first)
    gateway.pays_at_expiry = True
    cancel_payment(row.pk)
    assert status(row) == "paid"
