"""Refunds: limits, failures, and what is left."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from threading import Barrier
from threading import Event as Flag
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from events.models import Event
from events.services.events import cancel_event
from notifications.models import Notification
from payments.exceptions import PaymentDisputed, RefundTooLarge
from payments.gateways.base import RefundState
from payments.models import Payment, Refund
from payments.services import refunds
from payments.services.cancelled_events import give_back
from payments.services.refunds import request_refund
from payments.services.states import settle
from payments.services.work import work
from tests.concurrency.rush import errors_other_than, rush_of
from tests.payments.gateways import FakeGateway, make_due, payment

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def paid(event: Event, ada: User, gateway: FakeGateway) -> Payment:
    row = payment(event, ada)
    gateway.pay(row.checkout_id)
    settle(row.pk)
    row.refresh_from_db()
    return row


@pytest.mark.both
def test_parts_add_up_to_the_cent(paid: Payment) -> None:
    for amount in (833, 833, 834):
        request_refund(payment=paid, amount=amount)
    with pytest.raises(RefundTooLarge):
        request_refund(payment=paid, amount=1)
    work(for_s=5)
    paid.refresh_from_db()
    assert (paid.status, paid.refunded_amount) == ("refunded", 2500)


@pytest.mark.both
def test_open_payment_has_nothing_to_refund(event: Event, ada: User, gateway: FakeGateway) -> None:
    with pytest.raises(RefundTooLarge):
        request_refund(payment=payment(event, ada))


@pytest.mark.both
def test_disputed_payment_is_not_refunded(paid: Payment, gateway: FakeGateway) -> None:
    request_refund(payment=paid, amount=100)
    gateway.set(paid.checkout_id, is_disputed=True)
    settle(paid.pk)
    with pytest.raises(PaymentDisputed):
        request_refund(payment=paid)
    work(for_s=5)
    assert (Refund.objects.get().status, gateway.refunds) == ("failed", {})


@pytest.mark.both
def test_failed_refund_can_be_requested_again(
    paid: Payment, alma: User, gateway: FakeGateway
) -> None:
    gateway.refund_status = "failed"
    request_refund(payment=paid)
    work(for_s=5)
    paid.refresh_from_db()
    assert (paid.status, Refund.objects.get().status) == ("paid", "failed")
    assert Notification.objects.filter(kind="admin_alert", user=alma).count() == 1
    gateway.refund_status = "done"
    request_refund(payment=paid)
    work(for_s=5)
    paid.refresh_from_db()
    assert paid.status == "refunded"


@pytest.mark.both
def test_refund_that_the_bank_returns_can_be_requested_again(
    paid: Payment, alma: User, gateway: FakeGateway
) -> None:
    first = request_refund(payment=paid, amount=2000)
    request_refund(payment=paid, amount=500)
    work(for_s=5)
    state = gateway.refunds[f"refund-{first.pk}"]
    gateway.add_refund(paid.checkout_id, replace(state, status="failed"))
    for _ in range(2):
        settle(paid.pk)
    paid.refresh_from_db()
    assert (paid.status, paid.refunded_amount) == ("partially_refunded", 500)
    assert [refund.status for refund in paid.refunds.all()] == ["failed", "done"]
    assert Notification.objects.filter(kind="admin_alert", user=alma).count() == 1
    assert request_refund(payment=paid).amount == 2000
    work(for_s=5)
    paid.refresh_from_db()
    assert (paid.status, paid.refunded_amount) == ("refunded", 2500)


@pytest.mark.both
def test_lost_answer_refunds_once(paid: Payment, gateway: FakeGateway, sent: list[str]) -> None:
    request_refund(payment=paid)
    gateway.dies_after = {"refund"}
    work(for_s=5)
    assert Refund.objects.get().status == "pending"
    settle(paid.pk)  # the webhook comes first
    gateway.dies_after = set()
    make_due(Refund)
    work(for_s=5)
    assert (len(gateway.refunds), Refund.objects.get().status) == (1, "done")
    assert sent == ["refunded"]


@pytest.mark.both
def test_answer_that_comes_after_a_newer_state_changes_nothing(
    paid: Payment, gateway: FakeGateway, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bank returns the money, and the webhook is faster than the answer to the refund."""
    refund = gateway.refund

    def answer_late(**call: Any) -> RefundState:
        state = refund(**call)
        gateway.add_refund(paid.checkout_id, replace(state, status="failed"))
        settle(paid.pk)
        return state

    monkeypatch.setattr(gateway, "refund", answer_late)
    request_refund(payment=paid)
    work(for_s=5)
    paid.refresh_from_db()
    assert (paid.status, Refund.objects.get().status, sent) == ("paid", "failed", [])


def _race(paid: Payment) -> int:
    """Request nine refunds of 500 at once; return the sum that was granted."""

    def ask() -> None:
        request_refund(payment=paid, amount=500)

    with rush_of(9) as rush:
        outcomes = rush([ask] * 9)
    assert not errors_other_than(outcomes, RefundTooLarge)
    return sum(Refund.objects.values_list("amount", flat=True))


@pytest.mark.real
def test_refunds_at_once_never_exceed_the_payment(paid: Payment) -> None:
    assert _race(paid) == 2500


@pytest.mark.real
def test_without_the_lock_refunds_exceed_the_payment(
    paid: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: all requests read what is left before one of them writes."""
    everybody_has_read = Barrier(9)
    left_to_refund = refunds.left_to_refund

    def read_and_wait(row: Payment) -> int:
        left = left_to_refund(row)
        everybody_has_read.wait(timeout=20)
        return left

    monkeypatch.setattr(refunds, "lock_payment", lambda pk: Payment.objects.get(pk=pk))
    monkeypatch.setattr(refunds, "left_to_refund", read_and_wait)
    assert connection.vendor == "postgresql"
    assert _race(paid) == 4500


def _refund_during(cancel: Callable[[], object], paid: Payment) -> int:
    """Request a refund between the reads and the write of a cancellation; return the sum."""
    has_read, has_asked = Flag(), Flag()
    write = Refund.objects.bulk_create

    def pause_and_write(*args: Any, **options: Any) -> Any:
        has_read.set()
        has_asked.wait(timeout=1)
        return write(*args, **options)

    def ask() -> None:
        has_read.wait(timeout=20)
        request_refund(payment=paid, amount=500)
        has_asked.set()

    with pytest.MonkeyPatch.context() as patch, rush_of(2) as rush:
        patch.setattr(Refund.objects, "bulk_create", pause_and_write)
        outcomes = rush([cancel, ask])
    assert not errors_other_than(outcomes, RefundTooLarge)
    return sum(Refund.objects.values_list("amount", flat=True))


@pytest.mark.real
def test_cancellation_and_a_refund_at_once_never_exceed_the_payment(paid: Payment) -> None:
    assert _refund_during(partial(cancel_event, event_id=paid.event_id), paid) == 2500


@pytest.mark.real
def test_cancellation_without_the_lock_exceeds_the_payment(paid: Payment) -> None:
    """The control: the same write, without the tally."""
    assert _refund_during(partial(give_back, [paid.event]), paid) == 3000
