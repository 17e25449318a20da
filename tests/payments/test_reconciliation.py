"""The command and the admin page that compare payments with their providers."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from events.models import Event
from payments.admin import comparison
from payments.exceptions import UnknownProvider
from payments.gateways import registry
from payments.gateways.base import Outcome, RefundState
from payments.models import Payment, Refund
from payments.services.closing import cancel_payment
from payments.services.refunds import request_refund
from payments.services.states import settle
from payments.services.work import work
from tests.payments.gateways import FakeGateway, payment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]

DONE = RefundState("re_1", 500, "done")


@pytest.fixture
def paid(event: Event, ada: User, gateway: FakeGateway) -> Payment:
    row = payment(event, ada)
    gateway.pay(row.checkout_id, fee=60)
    settle(row.pk)
    row.refresh_from_db()
    return row


def differences(capsys: pytest.CaptureFixture[str], **options: Any) -> list[str]:
    """Run the command; return what it reports, without the words around."""
    capsys.readouterr()
    failure = None
    try:
        call_command("reconcile_payments", **options)
    except CommandError as error:
        failure = str(error)
    lines: list[str] = capsys.readouterr().out.splitlines()
    if failure is None:
        assert lines == ["Every payment equals the provider's."]
        return []
    assert failure == f"{len(lines)} differences found."
    return [re.sub(r"^payment \d+: | the provider says", "", line) for line in lines]


def test_payments_that_agree(
    event: Event, ada: User, paid: Payment, gateway: FakeGateway, capsys: Any
) -> None:
    request_refund(payment=paid, amount=500)
    work(for_s=5)
    payment(event, ada)  # open
    payment(event, ada, is_opened=False)
    cancel_payment(payment(event, ada).pk)
    debit = payment(event, ada)
    gateway.set(debit.checkout_id, outcome=Outcome.PROCESSING)
    settle(debit.pk)
    assert differences(capsys) == []


@pytest.mark.parametrize(
    ("theirs", "reported"),
    [
        pytest.param({"outcome": Outcome.OPEN}, ["status is paid, open"], id="status"),
        pytest.param({"amount": 2400}, ["amount is 25.00 EUR, 24.00 EUR"], id="amount"),
        pytest.param({"fee": 61}, ["fee is 0.60 EUR, 0.61 EUR"], id="fee"),
        pytest.param({"is_disputed": True}, ["dispute is none, open"], id="dispute"),
        pytest.param(
            {"refunds": (DONE,)},
            ["refunded is 0.00 EUR, 5.00 EUR", "refund re_1 is missing, 5.00 EUR done"],
            id="refund",
        ),
        pytest.param({"refunds": (RefundState("re_1", 500, "failed"),)}, [], id="failed_refund"),
    ],
)
def test_difference_of_a_paid_payment(
    paid: Payment, gateway: FakeGateway, capsys: Any, theirs: dict[str, Any], reported: list[str]
) -> None:
    gateway.set(paid.checkout_id, **theirs)
    assert differences(capsys) == reported


def test_currency_is_compared_with_all_amounts(
    paid: Payment, gateway: FakeGateway, capsys: Any
) -> None:
    gateway.set(paid.checkout_id, currency="USD")
    assert differences(capsys) == [
        "amount is 25.00 EUR, 25.00 USD",
        "fee is 0.60 EUR, 0.60 USD",
        "refunded is 0.00 EUR, 0.00 USD",
    ]


@pytest.mark.parametrize(
    ("theirs", "reported"),
    [
        pytest.param((RefundState("re_1", 500, "failed"),), "5.00 EUR failed", id="failed"),
        pytest.param((), "missing", id="missing"),
    ],
)
def test_difference_of_a_booked_refund(
    paid: Payment, gateway: FakeGateway, capsys: Any, theirs: Any, reported: str
) -> None:
    gateway.add_refund(paid.checkout_id, DONE)
    settle(paid.pk)
    gateway.set(paid.checkout_id, refunds=theirs)
    assert differences(capsys) == [
        "refunded is 5.00 EUR, 0.00 EUR",
        f"refund re_1 is 5.00 EUR done, {reported}",
    ]


@pytest.mark.parametrize("outcome", [Outcome.PAID, Outcome.EXPIRED, Outcome.PROCESSING])
def test_difference_of_an_open_payment(
    event: Event, ada: User, gateway: FakeGateway, capsys: Any, outcome: Outcome
) -> None:
    gateway.set(payment(event, ada).checkout_id, outcome=outcome)
    assert differences(capsys) == [f"status is open, {outcome}"]


@pytest.mark.parametrize(
    ("provider", "reported"),
    [
        pytest.param("stripe", ["status is cancelled, open"], id="stripe"),
        pytest.param("paypal", [], id="paypal"),  # its orders can't be voided
    ],
)
def test_ended_payment_whose_page_can_be_paid(
    event: Event, ada: User, gateway: FakeGateway, capsys: Any, provider: str, reported: list[str]
) -> None:
    row = payment(event, ada, provider=provider)
    cancel_payment(row.pk)
    gateway.set(row.checkout_id, outcome=Outcome.OPEN)
    assert differences(capsys) == reported


def test_refunded_payment_that_is_disputed_agrees(
    paid: Payment, gateway: FakeGateway, capsys: Any
) -> None:
    request_refund(payment=paid)
    work(for_s=5)
    gateway.set(paid.checkout_id, is_disputed=True)
    settle(paid.pk)
    assert differences(capsys) == []


def test_provider_that_does_not_answer(paid: Payment, gateway: FakeGateway, capsys: Any) -> None:
    gateway.fails = {"fetch"}
    assert differences(capsys) == ["provider is paid, The provider did not answer."]


def test_provider_that_is_off(paid: Payment, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise UnknownProvider

    monkeypatch.setattr(registry, "get", refuse)
    message = "This server takes no payments from this provider."
    assert differences(capsys) == [f"provider is paid, {message}"]


def test_only_payments_of_these_days(paid: Payment, gateway: FakeGateway, capsys: Any) -> None:
    gateway.set(paid.checkout_id, amount=1)
    Payment.objects.update(created_at=timezone.now() - timedelta(days=3))
    assert differences(capsys, days=2) == []
    assert len(differences(capsys, days=4)) == 1


def test_nothing_is_changed(paid: Payment, gateway: FakeGateway, capsys: Any) -> None:
    gateway.set(paid.checkout_id, is_disputed=True, refunds=(DONE,))
    before = Payment.objects.values().get()
    assert differences(capsys)
    assert (Payment.objects.values().get(), Refund.objects.count()) == (before, 0)


# The page of the admin


def compare(person: User, **fields: Any) -> str:
    """Press the button with these fields; return the text of the page."""
    client = Client()
    client.force_login(person)
    response = client.post(reverse("admin:payments_payment_compare"), fields)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def test_page_shows_each_difference_with_its_payment(
    paid: Payment, alma: User, gateway: FakeGateway
) -> None:
    gateway.set(paid.checkout_id, amount=2400)
    page = compare(alma, days=7, after=0)
    assert f'href="/admin/payments/payment/{paid.pk}/change/"' in page
    for text in ("amount", "25.00 EUR", "24.00 EUR", paid.event.title):
        assert f"> {text} <" in page


def test_page_calls_no_provider_before_the_button(
    paid: Payment, alma: User, gateway: FakeGateway
) -> None:
    gateway.calls.clear()
    client = Client()
    client.force_login(alma)
    assert client.get(reverse("admin:payments_payment_compare")).status_code == 200
    assert gateway.calls == []


def test_page_needs_a_csrf_token(alma: User, gateway: FakeGateway) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alma)
    body = {"days": 7, "after": 0}
    assert client.post(reverse("admin:payments_payment_compare"), body).status_code == 403


@pytest.mark.parametrize("days", ["", "0", "-1", "1.5", "99999", "x"])
def test_page_refuses_impossible_days(
    paid: Payment, alma: User, gateway: FakeGateway, days: str
) -> None:
    gateway.calls.clear()
    compare(alma, days=days, after=0)
    assert gateway.calls == []


@pytest.mark.parametrize("after", ["", "-1", "x", str(2**63)])
def test_page_refuses_impossible_places(alma: User, gateway: FakeGateway, after: str) -> None:
    assert "compared" not in compare(alma, days=7, after=after)


def test_page_compares_a_limited_number(
    event: Event, ada: User, alma: User, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison, "MOST_PAYMENTS", 2)
    first, second, third = (payment(event, ada).pk for _ in range(3))
    page = compare(alma, days=7, after=0)
    assert f"No differences in payments {first} to {second} (2 compared)." in page
    page = compare(alma, days=7, after=second)
    assert f"No differences in payments {third} to {third} (1 compared)." in page
    assert "There are no further payments" in compare(alma, days=7, after=third)


def test_slow_provider_ends_the_page(
    event: Event, ada: User, alma: User, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison, "_LONGEST_S", 0)
    payments = [payment(event, ada) for _ in range(3)]
    assert f"{payments[0].pk} (1 compared)." in compare(alma, days=7, after=0)


def test_list_of_payments_links_to_the_page(alma: User) -> None:
    client = Client()
    client.force_login(alma)
    page = client.get(reverse("admin:payments_payment_changelist")).content.decode()
    assert f'href="{reverse("admin:payments_payment_compare")}"' in page


def test_action_fetches_what_no_webhook_told(
    event: Event, ada: User, paid: Payment, alma: User, gateway: FakeGateway
) -> None:
    """It is done in the background, and an open payment keeps its page."""
    held = payment(event, ada)
    gateway.add_refund(paid.checkout_id, DONE)
    client = Client()
    client.force_login(alma)
    form = {"action": "fetch_states", "_selected_action": [paid.pk, held.pk]}
    response = client.post(reverse("admin:payments_payment_changelist"), form, follow=True)
    assert "Payments whose state is being fetched: 1." in response.content.decode()
    work(for_s=5)
    paid.refresh_from_db()
    held.refresh_from_db()
    assert (paid.status, paid.refunded_amount, paid.due_at) == ("partially_refunded", 500, None)
    assert held.status == "open"
