"""States of the provider that are recorded in another order than they were fetched."""

from dataclasses import replace
from typing import Any

import pytest

from accounts.models import User
from events.models import Event
from payments.gateways.base import CheckoutState, Outcome, ProviderError, RefundState
from payments.models import Payment
from payments.services.settlement import record_state
from payments.services.states import settle
from tests.payments.gateways import FakeGateway, payment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]


def _answer_late(gateway: FakeGateway, patch: pytest.MonkeyPatch, meanwhile: Any) -> None:
    """Let `meanwhile` happen between the next answer of the provider and its recording."""
    fetch = gateway.fetch

    def fetch_late(**whose: Any) -> CheckoutState:
        patch.setattr(gateway, "fetch", fetch)
        state = fetch(**whose)
        meanwhile()
        return state

    patch.setattr(gateway, "fetch", fetch_late)


_REFUND = RefundState("re_1", 2500, "done")
_DISPUTED: dict[str, Any] = {"is_disputed": True}
_REFUNDED: dict[str, Any] = {"refunds": (_REFUND,)}
_RETURNED: dict[str, Any] = {"refunds": (replace(_REFUND, status="failed"),)}


@pytest.mark.parametrize(
    ("older", "newer", "end"),
    [
        pytest.param(_DISPUTED, {"is_disputed": False}, ("paid", 0), id="dispute_won"),
        pytest.param({}, _DISPUTED, ("disputed", 0), id="dispute_opened"),
        pytest.param(_REFUNDED, _RETURNED, ("paid", 0), id="refund_returned_by_the_bank"),
    ],
)
def test_older_state_that_comes_late_is_fetched_again(
    event: Event,
    ada: User,
    gateway: FakeGateway,
    monkeypatch: pytest.MonkeyPatch,
    older: dict[str, Any],
    newer: dict[str, Any],
    end: tuple[str, int],
) -> None:
    row = payment(event, ada)
    gateway.pay(row.checkout_id)
    settle(row.pk)
    gateway.set(row.checkout_id, **older)
    settle(row.pk)

    def change() -> None:
        gateway.set(row.checkout_id, **newer)
        settle(row.pk)

    _answer_late(gateway, monkeypatch, change)
    settle(row.pk)
    row.refresh_from_db()
    assert (row.status, row.refunded_amount) == end


def test_older_failure_that_comes_late_does_not_end_a_newer_try(
    event: Event, ada: User, gateway: FakeGateway, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    row = payment(event, ada, provider="paypal")
    gateway.set(row.checkout_id, outcome=Outcome.FAILED)

    def change() -> None:
        gateway.set(row.checkout_id, outcome=Outcome.PROCESSING)
        settle(row.pk)

    _answer_late(gateway, monkeypatch, change)
    settle(row.pk)
    row.refresh_from_db()
    assert (row.status, sent) == ("processing", ["processing"])


def test_state_that_is_always_overtaken_is_left_to_the_next_try(
    event: Event, ada: User, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = payment(event, ada)
    gateway.pay(row.checkout_id)
    fetch = gateway.fetch

    def record_another(**whose: Any) -> CheckoutState:
        state = fetch(**whose)
        record_state(Payment.objects.get(pk=row.pk), state)
        return state

    monkeypatch.setattr(gateway, "fetch", record_another)
    with pytest.raises(ProviderError):
        settle(row.pk)
    row.refresh_from_db()
    assert row.status == "paid"
