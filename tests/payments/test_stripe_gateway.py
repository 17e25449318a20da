"""Stripe's own library against a stand-in of Stripe."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

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
from payments.gateways.stripe import StripeGateway
from tests.standins import StandInResponse
from tests.standins.stripe import KEY, WEBHOOK_SECRET, Stripe, problem, signed

pytestmark = pytest.mark.embedded


@pytest.fixture
def server() -> Iterator[Stripe]:
    with Stripe() as server:
        yield server


@pytest.fixture
def gateway(server: Stripe) -> StripeGateway:
    return _gateway(server)


def _gateway(server: Stripe, key: str = KEY, **options: object) -> StripeGateway:
    secrets = ["whsec_new", WEBHOOK_SECRET]
    return StripeGateway(key, base_url=server.url, webhook_secrets=secrets, **options)  # type: ignore[arg-type]


def _order(amount: int = 2500, currency: str = "EUR", quantity: int = 2) -> Order:
    return Order(
        payment_id=7,
        reference="7:signed",
        amount=amount,
        currency=currency,
        items=(Item("Early bird", quantity, amount),),
        expires_at=datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=30),
        success_url="https://tickets.example.com/paid",
        cancel_url="https://tickets.example.com/back",
        idempotency_key="7-1",
    )


def _paid(server: Stripe, gateway: StripeGateway, order: Order | None = None) -> tuple[str, str]:
    """Return the IDs of a paid session and of its payment intent."""
    checkout = gateway.create_checkout(order or _order())
    server.pay(checkout.id)
    return checkout.id, server.sessions[checkout.id]["payment_intent"]


def _refund(gateway: StripeGateway, intent_id: str, amount: int = 1000) -> RefundState:
    return gateway.refund(
        provider_payment_id=intent_id,
        amount=amount,
        currency="EUR",
        refund_id=3,
        idempotency_key="r1",
    )


# Checkouts


def test_a_checkout_is_made_once_for_each_key(server: Stripe, gateway: StripeGateway) -> None:
    order = _order()
    first = gateway.create_checkout(order)
    assert gateway.create_checkout(order) == first
    assert list(server.sessions) == [first.id]
    assert first.url == f"{server.url}/pay/{first.id}"
    assert server.sessions[first.id]["client_reference_id"] == "7"
    assert server.sessions[first.id]["metadata"] == {"payment": "7:signed"}


def test_a_checkout_whose_response_was_lost_is_found_again(
    server: Stripe, gateway: StripeGateway
) -> None:
    order = _order()
    server.deaths = 1
    with pytest.raises(ProviderError):
        gateway.create_checkout(order)
    assert [gateway.create_checkout(order).id] == list(server.sessions)


def test_a_key_with_another_amount_is_refused(gateway: StripeGateway) -> None:
    order = _order()
    gateway.create_checkout(order)
    with pytest.raises(ProviderRefused):
        gateway.create_checkout(replace(order, items=(Item("Early bird", 1, 1),)))


def test_a_checkout_in_the_last_second_of_its_hold_is_accepted(
    server: Stripe, gateway: StripeGateway
) -> None:
    order = replace(_order(), expires_at=datetime.now(UTC) + timedelta(seconds=1))
    assert gateway.create_checkout(order).id in server.sessions


def test_a_checkout_of_a_long_offer_ends_after_24_hours(
    server: Stripe, gateway: StripeGateway
) -> None:
    order = replace(_order(), expires_at=datetime.now(UTC) + timedelta(days=2))
    checkout = gateway.create_checkout(order)
    assert server.sessions[checkout.id]["expires_at"] <= time.time() + 24 * 3600


@pytest.mark.parametrize(
    ("amount", "currency", "quantity", "charged"),
    [
        pytest.param(2500, "EUR", 2, 2500, id="two-places"),
        pytest.param(2500, "EUR", 3, 2500, id="not-divisible"),
        pytest.param(500, "JPY", 2, 500, id="no-places"),
        pytest.param(500, "ISK", 2, 50000, id="ISK-in-hundreds"),
        pytest.param(700, "UGX", 1, 70000, id="UGX-in-hundreds"),
        pytest.param(50000, "MGA", 1, 500, id="MGA-without-places"),
        pytest.param(1250, "KWD", 1, 1250, id="three-places"),
        pytest.param(30, "KWD", 2, 30, id="three-places-not-divisible"),
        pytest.param(5, "ISK", 2, 500, id="ISK-not-divisible"),
        pytest.param(2500, "HUF", 1, 2500, id="HUF"),
    ],
)
def test_amounts_are_sent_in_stripes_unit(
    server: Stripe, gateway: StripeGateway, amount: int, currency: str, quantity: int, charged: int
) -> None:
    order = _order(amount, currency, quantity)
    gateway.check_amount(amount, currency)
    session_id, _ = _paid(server, gateway, order)
    assert server.money_in == charged
    state = gateway.fetch(checkout_id=session_id)
    assert (state.outcome, state.amount, state.currency) == (Outcome.PAID, amount, currency)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        pytest.param(1255, "KWD", "Prices in KWD must end in 0.", id="three-places"),
        pytest.param(1250, "MGA", "Prices in MGA must be whole.", id="MGA"),
        pytest.param(100, "XXX", "XXX can't be used for prices.", id="no-money"),
    ],
)
def test_amounts_that_stripe_cannot_charge_are_refused(
    gateway: StripeGateway, amount: int, currency: str, text: str
) -> None:
    with pytest.raises(ValueError, match=text):
        gateway.check_amount(amount, currency)


def test_an_unknown_currency_is_reported_and_refunded(
    server: Stripe, gateway: StripeGateway
) -> None:
    session_id, intent_id = _paid(server, gateway)
    server.sessions[session_id]["currency"] = server.intents[intent_id]["currency"] = "xxq"
    gateway.refund(
        provider_payment_id=intent_id,
        amount=2500,
        currency="XXQ",
        refund_id=3,
        idempotency_key="r1",
    )
    state = gateway.fetch(checkout_id=session_id)
    assert (state.amount, state.currency, state.refunds[0].amount) == (2500, "XXQ", 2500)


# Ends


def test_an_open_checkout_can_be_paid(server: Stripe, gateway: StripeGateway) -> None:
    checkout = gateway.create_checkout(_order())
    assert gateway.fetch(checkout_id=checkout.id) == CheckoutState(Outcome.OPEN, 2500, "EUR")
    server.decline(checkout.id)
    assert gateway.fetch(checkout_id=checkout.id).outcome == Outcome.OPEN


def test_a_paid_checkout_has_its_fee(server: Stripe, gateway: StripeGateway) -> None:
    session_id, intent_id = _paid(server, gateway)
    expected = CheckoutState(Outcome.PAID, 2500, "EUR", intent_id, fee=75)
    assert gateway.fetch(checkout_id=session_id) == expected
    assert gateway.capture(session_id, idempotency_key="c1") == expected


def test_offer_whose_page_was_not_answered_gets_another_one_later(
    server: Stripe, gateway: StripeGateway
) -> None:
    """Its end is more than 24 hours away only at first, and Stripe refuses changed parameters."""
    day = timedelta(hours=24)
    early, late = (
        replace(_order(), expires_at=datetime.now(UTC) + before) for before in (day, day / 2)
    )
    pages = {gateway.create_checkout(order).id for order in (early, late, early, late)}
    assert len(pages) == 2


def test_another_amount_is_reported_as_it_was_paid(server: Stripe, gateway: StripeGateway) -> None:
    checkout = gateway.create_checkout(_order())
    server.pay(checkout.id, 100)
    assert gateway.fetch(checkout_id=checkout.id).amount == 100


@pytest.mark.parametrize(
    ("succeeds", "outcome"),
    [
        pytest.param(True, Outcome.PAID, id="succeeds"),
        pytest.param(False, Outcome.FAILED, id="fails"),
    ],
)
def test_a_bank_debit_ends_late(
    server: Stripe, gateway: StripeGateway, succeeds: bool, outcome: Outcome
) -> None:
    checkout = gateway.create_checkout(_order())
    server.pay_later(checkout.id)
    assert gateway.fetch(checkout_id=checkout.id).outcome == Outcome.PROCESSING
    server.finish_late(checkout.id, succeeds=succeeds)
    assert gateway.fetch(checkout_id=checkout.id).outcome == outcome


def test_an_open_checkout_expires(gateway: StripeGateway) -> None:
    checkout = gateway.create_checkout(_order())
    assert gateway.expire(checkout.id) is True
    assert gateway.expire(checkout.id) is True  # again
    assert gateway.fetch(checkout_id=checkout.id).outcome == Outcome.EXPIRED


def test_a_checkout_that_is_paid_at_its_end_does_not_expire(
    server: Stripe, gateway: StripeGateway
) -> None:
    checkout = gateway.create_checkout(_order())
    server.pays_at_expiry = True
    assert gateway.expire(checkout.id) is False
    assert gateway.fetch(checkout_id=checkout.id).outcome == Outcome.PAID


# Refunds


def test_a_refund_is_made_once(server: Stripe, gateway: StripeGateway) -> None:
    session_id, intent_id = _paid(server, gateway)
    refund = _refund(gateway, intent_id)
    assert (refund.amount, refund.status) == (1000, "done")
    assert _refund(gateway, intent_id) == refund
    assert gateway.fetch(checkout_id=session_id).refunds == (refund,)
    assert server.money_out == 1000


def test_a_refund_is_found_after_its_key_has_died(server: Stripe, gateway: StripeGateway) -> None:
    _, intent_id = _paid(server, gateway)
    server.deaths = 1
    with pytest.raises(ProviderError):
        _refund(gateway, intent_id)
    server.forget_keys()
    assert _refund(gateway, intent_id).status == "done"
    assert server.money_out == 1000


def test_a_failed_refund_is_made_again(server: Stripe, gateway: StripeGateway) -> None:
    session_id, intent_id = _paid(server, gateway)
    server.refunds_are_slow = True
    assert _refund(gateway, intent_id).status == "pending"
    server.finish_refunds(succeed=False)
    assert server.money_out == 0
    server.refunds_are_slow = False
    assert _refund(gateway, intent_id).status == "done"
    assert server.money_out == 1000
    statuses = [refund.status for refund in gateway.fetch(checkout_id=session_id).refunds]
    assert statuses == ["failed", "done"]


def test_a_refund_in_the_dashboard_is_seen(server: Stripe, gateway: StripeGateway) -> None:
    session_id, _ = _paid(server, gateway)
    server.refund_in_dashboard(session_id, 500)
    [refund] = gateway.fetch(checkout_id=session_id).refunds
    assert (refund.amount, refund.status) == (500, "done")


def test_too_much_is_refused(server: Stripe, gateway: StripeGateway) -> None:
    _, intent_id = _paid(server, gateway)
    with pytest.raises(ProviderRefused, match="charge_already_refunded"):
        _refund(gateway, intent_id, 2501)
    assert server.money_out == 0


# Disputes


def test_a_disputed_payment_is_not_refunded(server: Stripe, gateway: StripeGateway) -> None:
    session_id, intent_id = _paid(server, gateway)
    server.open_dispute(session_id)
    assert gateway.fetch(checkout_id=session_id).is_disputed is True
    with pytest.raises(ProviderRefused, match="charge_disputed"):
        _refund(gateway, intent_id)


def test_a_won_dispute_is_over(server: Stripe, gateway: StripeGateway) -> None:
    session_id, _ = _paid(server, gateway)
    server.open_dispute(session_id)
    server.close_dispute(session_id, is_won=True)
    state = gateway.fetch(checkout_id=session_id)
    assert (state.is_disputed, state.refunds) == (False, ())


def test_a_lost_dispute_counts_as_a_refund(server: Stripe, gateway: StripeGateway) -> None:
    session_id, _ = _paid(server, gateway)
    server.open_dispute(session_id)
    server.close_dispute(session_id, is_won=False)
    state = gateway.fetch(checkout_id=session_id)
    [dispute_id] = server.disputes
    assert state.refunds == (RefundState(dispute_id, 2500, "done"),)
    assert (state.is_disputed, server.money_out) == (False, 2500)


def test_a_question_of_a_bank_is_no_dispute(server: Stripe, gateway: StripeGateway) -> None:
    session_id, _ = _paid(server, gateway)
    server.open_dispute(session_id, "warning_needs_response")
    assert gateway.fetch(checkout_id=session_id).is_disputed is False
    assert "bank asks" in gateway.read_event(*server.webhooks()[-1]).needs_attention


# Webhooks


def test_events_name_their_payment(server: Stripe, gateway: StripeGateway) -> None:
    session_id, intent_id = _paid(server, gateway)
    server.refund_in_dashboard(session_id, 500)
    server.open_dispute(session_id)
    events = [gateway.read_event(*webhook) for webhook in server.webhooks()]
    ids = [event["id"] for event in server.events]
    assert events == [
        GatewayEvent(ids[0], "checkout.session.completed", session_id, intent_id, "7:signed"),
        GatewayEvent(ids[1], "refund.created", "", intent_id),
        GatewayEvent(ids[2], "charge.dispute.created", "", intent_id),
    ]


def test_a_fraud_warning_needs_attention(server: Stripe, gateway: StripeGateway) -> None:
    session_id, intent_id = _paid(server, gateway)
    server.warn_of_fraud(session_id)
    event = gateway.read_event(*server.webhooks()[-1])
    assert event.provider_payment_id == intent_id
    assert "early fraud warning" in event.needs_attention


def test_each_secret_of_a_rotation_is_accepted(server: Stripe, gateway: StripeGateway) -> None:
    _paid(server, gateway)
    assert gateway.read_event(*server.webhooks("whsec_new")[0]).reference == "7:signed"
    assert gateway.read_event(*server.webhooks(WEBHOOK_SECRET)[0]).reference == "7:signed"


BODY = json.dumps(
    {"id": "evt_1", "object": "event", "type": "x", "data": {"object": {"object": "x"}}}
)


@pytest.mark.parametrize("seconds", [-290, 290])
def test_clocks_may_differ_a_little(gateway: StripeGateway, seconds: int) -> None:
    body, headers = signed(BODY.encode(), at=time.time() + seconds)
    assert gateway.read_event(body, headers) == GatewayEvent("evt_1", "x")


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param(BODY.encode(), {}, id="no-signature"),
        pytest.param(BODY.encode(), {"Stripe-Signature": ""}, id="empty-signature"),
        pytest.param(BODY.encode(), {"Stripe-Signature": "t=now,v1=x"}, id="no-time"),
        pytest.param(*signed(BODY.encode(), "whsec_other"), id="other-secret"),
        pytest.param(BODY.encode() + b" ", signed(BODY.encode())[1], id="changed-body"),
        pytest.param(*signed(BODY.encode(), at=time.time() - 100_000), id="past"),
        pytest.param(*signed(BODY.encode(), at=time.time() + 100_000), id="future"),
        pytest.param(*signed(b"\xff"), id="no-text"),
        pytest.param(*signed(b"{"), id="no-json"),
        pytest.param(
            *signed(BODY.replace("{", '{"account": "acct_other", ', 1).encode()), id="account"
        ),
    ],
)
def test_a_webhook_of_another_sender_is_refused(
    gateway: StripeGateway, body: bytes, headers: dict[str, str]
) -> None:
    with pytest.raises(BadSignature):
        gateway.read_event(body, headers)


# Troubles


@pytest.mark.parametrize("status", [401, 403, 409, 429, 500, 503])
def test_troubles_that_can_pass_may_be_tried_again(
    server: Stripe, gateway: StripeGateway, status: int
) -> None:
    server.trouble = problem(status, "api_error", "busy")
    with pytest.raises(ProviderError) as caught:
        gateway.create_checkout(_order())
    assert type(caught.value) is ProviderError
    assert len(server.calls) == 1  # the library does not retry


@pytest.mark.parametrize("status", [200, 502])
def test_a_response_without_json_is_an_error(
    server: Stripe, gateway: StripeGateway, status: int
) -> None:
    server.trouble = StandInResponse(status, "<html>")
    with pytest.raises(ProviderError):
        gateway.fetch(checkout_id="cs_test_1")


def test_a_late_response_is_an_error(server: Stripe) -> None:
    server.delay_s = 2
    with pytest.raises(ProviderError, match="APIConnectionError"):
        _gateway(server, timeout_s=0.1).create_checkout(_order())


def test_errors_name_no_key(server: Stripe) -> None:
    with pytest.raises(ProviderError) as caught:
        _gateway(server, key="sk_live_wrong").create_checkout(_order())
    assert str(caught.value) == "Stripe: AuthenticationError 401 req_1"


@pytest.mark.parametrize(
    ("key", "link"),
    [
        pytest.param(KEY, "https://dashboard.stripe.com/test/payments/pi_1", id="test-mode"),
        pytest.param("sk_live_1", "https://dashboard.stripe.com/payments/pi_1", id="live"),
    ],
)
def test_payments_have_a_link_to_the_dashboard(key: str, link: str) -> None:
    assert StripeGateway(key).payment_link("pi_1") == link
