"""Webhooks, with a scripted provider."""

from itertools import permutations
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from events.models import Event
from notifications.models import Notification
from payments.gateways.base import CheckoutState, Outcome, RefundState
from payments.models import Payment, ProviderEvent
from payments.services.work import work
from tests.payments.gateways import FakeGateway, make_due, payment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]
_URL = "/api/payments/webhooks/stripe/"


def _send(body: bytes, signature: str = "good", url: str = _URL) -> int:
    client = Client(raise_request_exception=False)
    headers = {"Signature": signature}
    response = client.post(url, body, content_type="application/json", headers=headers)
    return response.status_code


def test_webhook_that_comes_100_times_settles_once(
    event: Event, ada: User, gateway: FakeGateway, sent: list[str]
) -> None:
    row = payment(event, ada)
    gateway.pay(row.checkout_id)
    gateway.event_checkout = row.checkout_id
    assert {_send(b"evt_1") for _ in range(100)} == {200}
    work(for_s=5)
    assert {_send(b"evt_1") for _ in range(3)} == {200}
    work(for_s=5)
    assert (ProviderEvent.objects.count(), sent) == (1, ["settled"])


@pytest.mark.parametrize("checkout", ["ours", "cs_of_another_shop"])
def test_fraud_warning_alerts_once(
    event: Event, ada: User, alma: User, gateway: FakeGateway, checkout: str
) -> None:
    """Also if the process dies before the event counts as handled."""
    row = payment(event, ada)
    gateway.event_checkout = row.checkout_id if checkout == "ours" else checkout
    gateway.event_warning = "A refund now can prevent a dispute."
    for _ in range(3):
        assert _send(b"evt_1") == 200
        work(for_s=5)
        ProviderEvent.objects.update(handled_at=None, due_at=timezone.now())
    [alert] = Notification.objects.filter(kind="admin_alert", user=alma)
    number = f"payment {row.pk}" if checkout == "ours" else "an unknown payment"
    assert f"stripe warns about {number}" in str(alert.context)


@pytest.mark.parametrize("signature", ["", "forged"])
def test_forged_webhook_is_refused(gateway: FakeGateway, signature: str) -> None:
    assert _send(b"evt_1", signature) == 400
    assert not ProviderEvent.objects.exists()


@pytest.mark.parametrize("size", [2, 10])
def test_large_body_is_refused(gateway: FakeGateway, size: int) -> None:
    assert _send(b"x" * size * 1024 * 1024) == 413
    assert not ProviderEvent.objects.exists()


def test_unchecked_signature_is_not_answered_with_200(gateway: FakeGateway) -> None:
    gateway.fails = {"read_event"}
    assert _send(b"evt_1") == 503


def test_failure_to_keep_the_event_is_a_5xx(
    gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("payments.views.webhooks.keep_event", fail)
    assert _send(b"evt_1") == 500


def test_provider_that_is_off_is_unknown(settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = ""
    assert _send(b"evt_1") == 404


def test_event_of_another_system_is_kept_and_ignored(gateway: FakeGateway) -> None:
    gateway.event_checkout = "cs_of_another_shop"
    assert _send(b"evt_1") == 200
    work(for_s=5)
    assert ProviderEvent.objects.get().handled_at is not None


@pytest.mark.parametrize("reference", ["{pk}", "{pk}:forged", "payment {pk}", ":", ""])
def test_event_of_another_system_with_our_id_is_ignored(
    event: Event, ada: User, gateway: FakeGateway, reference: str
) -> None:
    row = payment(event, ada, is_opened=False)
    gateway.event_checkout = "cs_of_another_shop"
    gateway.event_reference = reference.format(pk=row.pk)
    gateway.states[gateway.event_checkout] = CheckoutState(Outcome.PAID, 2500, "EUR")
    assert _send(b"evt_1") == 200
    work(for_s=5)
    row.refresh_from_db()
    assert (row.status, row.checkout_id) == ("open", "")


def test_event_finds_the_payment_whose_page_was_not_answered(
    event: Event, ada: User, gateway: FakeGateway
) -> None:
    row = payment(event, ada)
    [order] = gateway.orders.values()
    gateway.event_checkout, gateway.event_reference = row.checkout_id, order.reference
    gateway.pay(row.checkout_id)
    Payment.objects.update(checkout_id="")
    assert _send(b"evt_1") == 200
    work(for_s=5)
    assert Payment.objects.get().status == "paid"


def test_event_is_handled_when_the_provider_is_back(
    event: Event, ada: User, gateway: FakeGateway
) -> None:
    row = payment(event, ada)
    gateway.pay(row.checkout_id)
    gateway.event_checkout = row.checkout_id
    gateway.fails = {"fetch"}
    _send(b"evt_1")
    work(for_s=5)
    assert Payment.objects.get().status == "open"
    gateway.fails = set()
    make_due(ProviderEvent)
    work(for_s=5)
    assert Payment.objects.get().status == "paid"


_STATES: dict[str, dict[str, Any]] = {
    "processing": {"outcome": Outcome.PROCESSING},
    "paid": {"outcome": Outcome.PAID},
    "refund": {"outcome": Outcome.PAID, "refunds": (RefundState("re_1", 2500, "done"),)},
    "dispute": {"outcome": Outcome.PAID, "is_disputed": True},
}


@pytest.mark.parametrize("order", [pytest.param(o, id="_".join(o)) for o in permutations(_STATES)])
def test_every_order_of_events_ends_alike(
    event: Event, ada: User, gateway: FakeGateway, sent: list[str], order: tuple[str, ...]
) -> None:
    """Each event is only a hint: the state that is fetched is the provider's last one."""
    row = payment(event, ada)
    gateway.event_checkout = row.checkout_id
    gateway.set(row.checkout_id, provider_payment_id="pi_1", **_STATES["refund"])
    for name in order:
        assert _send(f"evt_{name}".encode()) == 200
        work(for_s=5)
    assert (Payment.objects.get().status, sent) == ("refunded", ["refunded", "settled"])
