"""PayPal's own library against a stand-in of PayPal."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from payments.gateways.base import (
    BadSignature,
    CheckoutState,
    GatewayEvent,
    Item,
    Order,
    Outcome,
    ProviderError,
    ProviderRefused,
    RefundState,
)
from payments.gateways.paypal import PayPalGateway
from tests.standins import StandInResponse
from tests.standins.paypal import CLIENT_ID, CLIENT_SECRET, WEBHOOK_ID, PayPal, problem, signed

pytestmark = pytest.mark.embedded


@pytest.fixture
def server() -> Iterator[PayPal]:
    with PayPal() as server:
        yield server


@pytest.fixture
def gateway(server: PayPal) -> PayPalGateway:
    return _gateway(server)


def _gateway(server: PayPal, secret: str = CLIENT_SECRET, **options: Any) -> PayPalGateway:
    return PayPalGateway(
        CLIENT_ID, secret, base_url=server.url, webhook_ids=["WH-0", WEBHOOK_ID], **options
    )


def _order(amount: int = 2500, currency: str = "EUR", quantity: int = 2) -> Order:
    return Order(
        payment_id=7,
        reference="7:signed",
        amount=amount,
        currency=currency,
        items=(Item("Early bird", quantity, amount),),
        expires_at=datetime.now(UTC) + timedelta(minutes=30),
        success_url="https://tickets.example.com/paid",
        cancel_url="https://tickets.example.com/back",
        idempotency_key="7-1",
    )


def _paid(server: PayPal, gateway: PayPalGateway, order: Order | None = None) -> tuple[str, str]:
    """Return the IDs of a paid order and of its capture."""
    checkout = gateway.create_checkout(order or _order())
    server.approve(checkout.id)
    return checkout.id, gateway.capture(checkout.id, idempotency_key="c1").provider_payment_id


def _refund(gateway: PayPalGateway, capture_id: str, amount: int = 1000) -> RefundState:
    return gateway.refund(
        provider_payment_id=capture_id,
        amount=amount,
        currency="EUR",
        refund_id=3,
        idempotency_key="r1",
    )


# Checkouts


def test_an_order_is_made_once_for_each_key(server: PayPal, gateway: PayPalGateway) -> None:
    first = gateway.create_checkout(_order())
    assert gateway.create_checkout(_order()) == first
    assert list(server.orders) == [first.id]
    assert first.url == f"{server.url}/pay/{first.id}"
    assert server.orders[first.id]["purchase_units"][0]["custom_id"] == "7:signed"


def test_an_order_whose_response_was_lost_is_found_again(
    server: PayPal, gateway: PayPalGateway
) -> None:
    server.deaths = 1
    with pytest.raises(ProviderError):
        gateway.create_checkout(_order())
    assert [gateway.create_checkout(_order()).id] == list(server.orders)


def test_a_key_with_another_amount_is_refused(gateway: PayPalGateway) -> None:
    gateway.create_checkout(_order())
    with pytest.raises(ProviderRefused):
        gateway.create_checkout(_order(2600))


def test_free_lines_are_left_out(server: PayPal, gateway: PayPalGateway) -> None:
    order = replace(_order(), items=(Item("Early bird", 1, 2500), Item("Child", 1, 0)))
    checkout = gateway.create_checkout(order)
    [unit] = server.orders[checkout.id]["purchase_units"]
    assert [item["name"] for item in unit["items"]] == ["Early bird"]


@pytest.mark.parametrize(
    ("amount", "currency", "quantity", "charged"),
    [
        pytest.param(2500, "EUR", 2, "25.00", id="two-places"),
        pytest.param(2500, "EUR", 3, "25.00", id="not-divisible"),
        pytest.param(501, "JPY", 2, "501", id="no-places"),
        pytest.param(50100, "HUF", 2, "501", id="HUF-whole"),
        pytest.param(50000, "TWD", 1, "500", id="TWD-whole"),
    ],
)
def test_amounts_are_sent_as_decimals(
    server: PayPal, gateway: PayPalGateway, amount: int, currency: str, quantity: int, charged: str
) -> None:
    gateway.check_amount(amount, currency)
    order_id, _ = _paid(server, gateway, _order(amount, currency, quantity))
    [unit] = server.orders[order_id]["purchase_units"]
    assert unit["amount"]["value"] == charged
    state = gateway.fetch(checkout_id=order_id)
    assert (state.outcome, state.amount, state.currency) == (Outcome.PAID, amount, currency)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        pytest.param(1250, "KWD", "PayPal does not support KWD.", id="KWD"),
        pytest.param(1250, "ISK", "PayPal does not support ISK.", id="ISK"),
        pytest.param(1250, "HUF", "Prices in HUF must be whole.", id="HUF"),
        pytest.param(1205, "TWD", "Prices in TWD must be whole.", id="TWD"),
    ],
)
def test_amounts_that_paypal_cannot_charge_are_refused(
    gateway: PayPalGateway, amount: int, currency: str, text: str
) -> None:
    with pytest.raises(ValueError, match=text):
        gateway.check_amount(amount, currency)


# Ends


def test_an_unknown_currency_is_reported(server: PayPal, gateway: PayPalGateway) -> None:
    order_id, capture_id = _paid(server, gateway)
    server.captures[capture_id]["amount"]["currency_code"] = "XXQ"
    state = gateway.fetch(checkout_id=order_id)
    assert (state.amount, state.currency) == (2500, "XXQ")


def test_an_order_is_open_until_it_is_approved(server: PayPal, gateway: PayPalGateway) -> None:
    checkout = gateway.create_checkout(_order())
    assert gateway.fetch(checkout_id=checkout.id) == CheckoutState(Outcome.OPEN, 2500, "EUR")
    server.approve(checkout.id)
    assert gateway.fetch(checkout_id=checkout.id) == CheckoutState(Outcome.APPROVED, 2500, "EUR")
    assert server.money_in == Decimal(0)


def test_a_captured_order_has_its_fee(server: PayPal, gateway: PayPalGateway) -> None:
    order_id, capture_id = _paid(server, gateway)
    expected = CheckoutState(Outcome.PAID, 2500, "EUR", capture_id, fee=100)
    assert gateway.fetch(checkout_id=order_id) == expected


def test_an_order_is_captured_once(server: PayPal, gateway: PayPalGateway) -> None:
    order_id, capture_id = _paid(server, gateway)
    for key in ("c1", "c2"):  # replayed by the key, refused as captured already
        state = gateway.capture(order_id, idempotency_key=key)
        assert (state.outcome, state.provider_payment_id) == (Outcome.PAID, capture_id)
    assert server.money_in == Decimal(25)


def test_a_capture_whose_response_was_lost_is_found(server: PayPal, gateway: PayPalGateway) -> None:
    checkout = gateway.create_checkout(_order())
    server.approve(checkout.id)
    server.deaths = 1
    with pytest.raises(ProviderError):
        gateway.capture(checkout.id, idempotency_key="c1")
    server.forget_keys()
    assert gateway.capture(checkout.id, idempotency_key="c1").outcome == Outcome.PAID
    assert server.money_in == Decimal(25)


def test_an_order_that_is_not_approved_stays_open(gateway: PayPalGateway) -> None:
    checkout = gateway.create_checkout(_order())
    assert gateway.capture(checkout.id, idempotency_key="c1").outcome == Outcome.OPEN


def test_after_a_declined_card_the_buyer_can_choose_another(
    server: PayPal, gateway: PayPalGateway
) -> None:
    checkout = gateway.create_checkout(_order())
    server.approve(checkout.id)
    server.declines = True
    assert gateway.capture(checkout.id, idempotency_key="c1").outcome == Outcome.OPEN
    server.declines = False
    server.approve(checkout.id)
    assert gateway.capture(checkout.id, idempotency_key="c1").outcome == Outcome.PAID


@pytest.mark.parametrize(
    ("succeeds", "outcome"),
    [
        pytest.param(True, Outcome.PAID, id="succeeds"),
        pytest.param(False, Outcome.FAILED, id="fails"),
    ],
)
def test_an_echeck_ends_late(
    server: PayPal, gateway: PayPalGateway, succeeds: bool, outcome: Outcome
) -> None:
    server.captures_are_slow = True
    order_id, _ = _paid(server, gateway)
    assert gateway.fetch(checkout_id=order_id).outcome == Outcome.PROCESSING
    server.finish_late(order_id, succeeds=succeeds)
    assert gateway.fetch(checkout_id=order_id).outcome == outcome


def test_an_order_cannot_be_voided(gateway: PayPalGateway) -> None:
    checkout = gateway.create_checkout(_order())
    assert gateway.expire(checkout.id) is False


def test_an_order_that_paypal_deleted_has_expired(server: PayPal, gateway: PayPalGateway) -> None:
    checkout = gateway.create_checkout(_order())
    server.delete_order(checkout.id)
    assert gateway.fetch(checkout_id=checkout.id).outcome == Outcome.EXPIRED


def test_a_paid_order_that_is_missing_is_an_error(gateway: PayPalGateway) -> None:
    with pytest.raises(ProviderRefused, match="RESOURCE_NOT_FOUND"):
        gateway.fetch(checkout_id="ORDER9", provider_payment_id="CAPTURE9")


# Refunds


def test_a_refund_is_made_once(server: PayPal, gateway: PayPalGateway) -> None:
    order_id, capture_id = _paid(server, gateway)
    refund = _refund(gateway, capture_id)
    assert (refund.amount, refund.status) == (1000, "done")
    assert _refund(gateway, capture_id) == refund
    assert gateway.fetch(checkout_id=order_id).refunds == (refund,)
    assert server.money_out == Decimal(10)


def test_a_refund_is_found_after_its_key_has_died(server: PayPal, gateway: PayPalGateway) -> None:
    _, capture_id = _paid(server, gateway)
    server.deaths = 1
    with pytest.raises(ProviderError):
        _refund(gateway, capture_id)
    server.forget_keys()
    assert _refund(gateway, capture_id).status == "done"
    assert server.money_out == Decimal(10)


def test_a_failed_refund_is_made_again(server: PayPal, gateway: PayPalGateway) -> None:
    order_id, capture_id = _paid(server, gateway)
    server.refunds_are_slow = True
    assert _refund(gateway, capture_id).status == "pending"
    server.finish_refunds(succeed=False)
    server.refunds_are_slow = False
    assert _refund(gateway, capture_id).status == "done"
    statuses = [refund.status for refund in gateway.fetch(checkout_id=order_id).refunds]
    assert (statuses, server.money_out) == (["failed", "done"], Decimal(10))


def test_a_refund_in_the_dashboard_is_seen(server: PayPal, gateway: PayPalGateway) -> None:
    order_id, _ = _paid(server, gateway)
    server.refund_in_dashboard(order_id, "5.00")
    [refund] = gateway.fetch(checkout_id=order_id).refunds
    assert (refund.amount, refund.status) == (500, "done")


def test_too_much_is_refused(server: PayPal, gateway: PayPalGateway) -> None:
    _, capture_id = _paid(server, gateway)
    with pytest.raises(ProviderRefused, match="REFUND_AMOUNT_EXCEEDED"):
        _refund(gateway, capture_id, 2501)
    assert server.money_out == Decimal(0)


# Disputes


def test_a_disputed_payment_is_not_refunded(server: PayPal, gateway: PayPalGateway) -> None:
    order_id, capture_id = _paid(server, gateway)
    server.open_dispute(order_id)
    assert gateway.fetch(checkout_id=order_id).is_disputed is True
    with pytest.raises(ProviderRefused, match="TRANSACTION_DISPUTED"):
        _refund(gateway, capture_id)


def test_a_won_dispute_is_over(server: PayPal, gateway: PayPalGateway) -> None:
    order_id, _ = _paid(server, gateway)
    server.open_dispute(order_id)
    server.close_dispute(order_id, is_won=True)
    state = gateway.fetch(checkout_id=order_id)
    assert (state.is_disputed, state.refunds) == (False, ())


def test_a_lost_dispute_counts_as_a_refund(server: PayPal, gateway: PayPalGateway) -> None:
    order_id, _ = _paid(server, gateway)
    server.open_dispute(order_id)
    server.close_dispute(order_id, is_won=False)
    [dispute_id] = server.disputes
    state = gateway.fetch(checkout_id=order_id)
    assert state.refunds == (RefundState(dispute_id, 2500, "done"),)
    assert (state.is_disputed, server.money_out) == (False, Decimal(25))


def test_the_money_of_a_lost_dispute_counts_once(server: PayPal, gateway: PayPalGateway) -> None:
    order_id, _ = _paid(server, gateway)
    server.open_dispute(order_id)
    server.close_dispute(order_id, is_won=False)
    server.refund_in_dashboard(order_id, "25.00")  # PayPal lists the reversal as a refund, too
    assert [refund.amount for refund in gateway.fetch(checkout_id=order_id).refunds] == [2500]


def test_without_the_permission_disputes_are_not_seen(
    server: PayPal, gateway: PayPalGateway
) -> None:
    order_id, _ = _paid(server, gateway)
    server.open_dispute(order_id)
    server.hides_disputes = True
    assert gateway.fetch(checkout_id=order_id).is_disputed is False


# Webhooks


def test_events_name_their_payment(server: PayPal, gateway: PayPalGateway) -> None:
    order_id, capture_id = _paid(server, gateway)
    server.refund_in_dashboard(order_id, "5.00")
    server.open_dispute(order_id)
    events = [gateway.read_event(*webhook) for webhook in server.webhooks()]
    ids = [event["id"] for event in server.events]
    assert events == [
        GatewayEvent(ids[0], "CHECKOUT.ORDER.APPROVED", order_id, "", "7:signed"),
        GatewayEvent(ids[1], "PAYMENT.CAPTURE.COMPLETED", order_id, capture_id, "7:signed"),
        GatewayEvent(ids[2], "PAYMENT.CAPTURE.REFUNDED", "", capture_id),
        GatewayEvent(ids[3], "CUSTOMER.DISPUTE.CREATED", "", capture_id),
    ]


def test_the_signature_is_checked_on_the_text_as_it_came(gateway: PayPalGateway) -> None:
    body = '{"id":"e1",  "event_type":"X.Y", "resource":{"note":"\\u00e9 é", "n":1.0}}'.encode()
    assert gateway.read_event(*signed(body)) == GatewayEvent("e1", "X.Y")


BODY = json.dumps({"id": "e1", "event_type": "X.Y", "resource": {}}).encode()
GOOD = signed(BODY)[1]


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param(BODY, {}, id="no-signature"),
        pytest.param(BODY, GOOD | {"PAYPAL-TRANSMISSION-SIG": "x"}, id="other-signature"),
        pytest.param(*signed(BODY, "WH-2"), id="other-webhook"),
        pytest.param(BODY + b" ", GOOD, id="changed-body"),
        pytest.param(BODY, GOOD | {"PAYPAL-TRANSMISSION-TIME": "now"}, id="no-time"),
        pytest.param(BODY, GOOD | {"PAYPAL-TRANSMISSION-TIME": "2026-11-29"}, id="no-offset"),
        pytest.param(*signed(b"\xff"), id="no-text"),
        pytest.param(*signed(b"{"), id="no-json"),
        pytest.param(*signed(BODY + b', "webhook_id": "WH-2"', "WH-2"), id="smuggled-webhook"),
    ],
)
def test_a_webhook_of_another_sender_is_refused(
    gateway: PayPalGateway, body: bytes, headers: dict[str, str]
) -> None:
    with pytest.raises(BadSignature):
        gateway.read_event(body, headers)


@pytest.mark.parametrize("age_s", [280, -280])
def test_clocks_that_differ_are_accepted(gateway: PayPalGateway, age_s: int) -> None:
    webhook = signed(BODY, at=datetime.now(UTC) - timedelta(seconds=age_s))
    assert gateway.read_event(*webhook) == GatewayEvent("e1", "X.Y")


@pytest.mark.parametrize("age_s", [310, -330])
def test_stale_events_are_refused_without_a_call(
    server: PayPal, gateway: PayPalGateway, age_s: int
) -> None:
    with pytest.raises(BadSignature, match="stale"):
        gateway.read_event(*signed(BODY, at=datetime.now(UTC) - timedelta(seconds=age_s)))
    assert server.calls == []


def test_a_signature_that_paypal_cannot_read_is_refused(
    server: PayPal, gateway: PayPalGateway
) -> None:
    gateway.create_checkout(_order())  # has a token
    server.trouble = problem(400, "VALIDATION_ERROR")
    with pytest.raises(BadSignature):
        gateway.read_event(*signed(BODY))


def test_a_signature_that_cannot_be_checked_now_is_an_error(
    server: PayPal, gateway: PayPalGateway
) -> None:
    server.trouble = problem(503, "SERVICE_UNAVAILABLE")
    with pytest.raises(ProviderError):
        gateway.read_event(*signed(BODY))


# Troubles


@pytest.mark.parametrize("status", [401, 403, 409, 429, 500, 503])
def test_troubles_that_can_pass_may_be_tried_again(
    server: PayPal, gateway: PayPalGateway, status: int
) -> None:
    gateway.create_checkout(_order())  # has a token
    server.trouble = problem(status, "BUSY")
    with pytest.raises(ProviderError, match=f"PayPal: {status} BUSY d1") as caught:
        gateway.fetch(checkout_id="ORDER1")
    assert not isinstance(caught.value, ProviderRefused)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        pytest.param(200, "", id="empty"),
        pytest.param(200, "<html>", id="page"),
        pytest.param(502, "<html>", id="page-of-a-proxy"),
    ],
)
def test_a_response_without_json_is_an_error(
    server: PayPal, gateway: PayPalGateway, status: int, body: str
) -> None:
    checkout = gateway.create_checkout(_order())
    server.trouble = StandInResponse(status, body)
    with pytest.raises(ProviderError):
        gateway.fetch(checkout_id=checkout.id)


def test_a_withdrawn_token_is_renewed(server: PayPal, gateway: PayPalGateway) -> None:
    gateway.create_checkout(_order())
    server.token = "A21-second"
    with pytest.raises(ProviderError, match="401"):
        gateway.fetch(checkout_id="ORDER1")
    assert gateway.fetch(checkout_id="ORDER1").outcome == Outcome.OPEN


def test_a_late_response_is_an_error(server: PayPal) -> None:
    server.delay_s = 2
    with pytest.raises(ProviderError, match="PayPal: ReadTimeout"):
        _gateway(server, timeout_s=0.1).create_checkout(_order())


def test_errors_name_no_secret(server: PayPal) -> None:
    with pytest.raises(ProviderError) as caught:
        _gateway(server, secret="wrong").create_checkout(_order())
    assert str(caught.value) == "PayPal: no access token"


@pytest.mark.parametrize(
    ("base_url", "link"),
    [
        pytest.param("", "https://www.paypal.com/activity/payment/C1", id="live"),
        pytest.param(
            "https://api-m.sandbox.paypal.com",
            "https://www.sandbox.paypal.com/activity/payment/C1",
            id="sandbox",
        ),
    ],
)
def test_payments_have_a_link_to_paypal(base_url: str, link: str) -> None:
    gateway = PayPalGateway("id", "secret", base_url=base_url)
    assert gateway.payment_link("C1") == link
