"""Payments over HTTP, and the page of the test provider."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from events.models import Event
from payments.models import Payment
from payments.services.checkout import Line
from payments.services.refunds import request_refund
from payments.services.states import settle
from payments.services.work import work
from tests.client import Api
from tests.payments.gateways import FakeGateway, payment, ticket_type

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]


@pytest.fixture
def paid(event: Event, ada: User, gateway: FakeGateway) -> Payment:
    row = payment(event, ada)
    gateway.pay(row.checkout_id, fee=62)
    settle(row.pk)
    return row


def test_payer_reads_a_payment(paid: Payment, ada: User) -> None:
    body = Api(ada).get(f"/payments/{paid.pk}/")
    kind = paid.lines.get().ticket_type_id
    line = {"ticket_type": kind, "quantity": 2, "unit_amount": "12.50", "discount": "0.00"}
    shown = {name: body[name] for name in ("amount", "lines", "status", "checkout_url")}
    assert shown == {"amount": "25.00", "lines": [line], "status": "paid", "checkout_url": None}
    assert Api(ada).get("/payments/")["results"] == [body]


def test_stranger_finds_no_payment(paid: Payment, sam: User) -> None:
    Api(sam).get(f"/payments/{paid.pk}/", expect=404)
    assert Api(sam).get("/payments/")["results"] == []


def test_owner_refunds_a_part(paid: Payment, olive: User, gateway: FakeGateway) -> None:
    body = {"amount": "12.50", "reason": "Ill."}
    answer = Api(olive).post(f"/payments/{paid.pk}/refund/", body, expect=202)
    assert answer["refunds"] == [{"amount": "12.50", "status": "pending", "reason": "Ill."}]
    work(for_s=5)
    answer = Api(olive).get(f"/payments/{paid.pk}/")
    assert (answer["status"], answer["refunded_amount"]) == ("partially_refunded", "12.50")


@pytest.mark.parametrize(
    ("amount", "status"),
    [("25.01", 409), ("0", 400), ("-1", 400), ("0.001", 400), ("1e999999", 400), ("x", 400)],
)
def test_impossible_refund_is_refused(paid: Payment, olive: User, amount: str, status: int) -> None:
    Api(olive).post(f"/payments/{paid.pk}/refund/", {"amount": amount}, expect=status)
    assert not paid.refunds.exists()


def test_amount_that_the_provider_cannot_refund_is_refused(
    event: Event, ada: User, olive: User, gateway: FakeGateway
) -> None:
    kind = ticket_type(event, price=1250, currency="KWD")
    row = payment(event, ada, currency="KWD", lines=[Line(kind.pk, 1, 1250)])
    gateway.pay(row.checkout_id)
    settle(row.pk)
    problem = Api(olive).post(f"/payments/{row.pk}/refund/", {"amount": "1.005"}, expect=400)
    assert [error["field"] for error in problem["errors"]] == ["amount"]
    assert not row.refunds.exists()


def test_owner_lists_payments_with_totals(paid: Payment, event: Event, olive: User) -> None:
    request_refund(payment=paid, amount=500)
    work(for_s=5)
    body = Api(olive).get(f"/events/{event.pk}/payments/")
    totals = {"EUR": {"paid": "25.00", "refunded": "5.00", "fees": "0.62", "net": "19.38"}}
    assert (len(body["results"]), body["totals"]) == (1, totals)


def test_totals_have_any_currency_that_a_provider_reports(
    event: Event, ada: User, olive: User, gateway: FakeGateway
) -> None:
    row = payment(event, ada)
    gateway.pay(row.checkout_id, currency="XXQ")
    settle(row.pk)
    totals = Api(olive).get(f"/events/{event.pk}/payments/")["totals"]
    assert totals == {"XXQ": {"paid": "25.00", "refunded": "0.00", "fees": "0.00", "net": "25.00"}}


@pytest.mark.parametrize(
    ("button", "status"), [("pay", "paid"), ("decline", "failed"), ("bank", "processing")]
)
def test_test_provider_page(
    event: Event, ada: User, settings: Any, button: str, status: str
) -> None:
    settings.DEBUG = True
    row = payment(event, ada)
    assert row.provider == "test"
    path = f"/payments/test/{row.checkout_id}/"
    page = Client().get(path)
    assert "25.00 EUR" in page.content.decode()
    assert "script" not in page.content.decode()
    Client().post(path, {"button": button}, follow=True)
    row.refresh_from_db()
    assert row.status == status


def test_test_provider_is_off_in_production(event: Event, settings: Any) -> None:
    assert Client().get("/payments/test/x/").status_code == 404
