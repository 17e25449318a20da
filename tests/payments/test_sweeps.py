"""Background processes that work at the same time, on PostgreSQL."""

from collections import Counter
from datetime import timedelta
from threading import Event as Flag
from typing import Any

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from events.models import Event
from payments.models import Payment, ProviderEvent, Refund
from payments.models.work import Work
from payments.services.refunds import request_refund
from payments.services.states import settle
from payments.services.work import work
from tests.concurrency.rush import rush_of
from tests.payments.gateways import FakeGateway, payment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.real]

SWEEPS = 4
ROWS = 3  # of each kind


def paid(event: Event, payer: User, gateway: FakeGateway) -> Payment:
    row = payment(event, payer)
    gateway.pay(row.checkout_id)
    settle(row.pk)
    return row


def test_sweeps_at_once_do_each_thing_once(event: Event, ada: User, gateway: FakeGateway) -> None:
    now = timezone.now() - timedelta(seconds=1)
    for number in range(ROWS):
        row = paid(event, ada, gateway)
        request_refund(payment=row)
        ProviderEvent.objects.create(
            provider="stripe", event_id=str(number), checkout_id=row.checkout_id, due_at=now
        )
        abandoned = payment(event, ada)
        Payment.objects.filter(pk=abandoned.pk).update(due_at=now)
    gateway.calls.clear()
    with rush_of(SWEEPS) as rush:
        rows = rush([lambda: work(for_s=10)] * SWEEPS)
    assert sum(rows) == 3 * ROWS
    assert Counter(gateway.calls) == {"fetch": ROWS, "refund": ROWS, "expire": ROWS}
    for model in (Payment, ProviderEvent, Refund):
        assert not model._default_manager.exclude(due_at=None).exists()


def _sweep_during_a_claim(patch: pytest.MonkeyPatch) -> list[int]:
    """Sweep between the read and the write of another sweep's claim; return the rows of both."""
    has_read, is_done = Flag(), Flag()

    def pause(row: Work) -> timedelta:
        if not has_read.is_set():
            has_read.set()
            is_done.wait(timeout=20)
        return timedelta(minutes=1)

    def second() -> int:
        has_read.wait(timeout=20)
        try:
            return work(for_s=10)
        finally:
            is_done.set()

    patch.setattr(Work, "pause", property(pause))
    with rush_of(2) as rush:
        rows: list[int] = rush([lambda: work(for_s=10), second])
    return rows


@pytest.fixture
def refund(event: Event, ada: User, gateway: FakeGateway) -> Refund:
    return request_refund(payment=paid(event, ada, gateway))


def test_row_that_another_sweep_claims_is_left_to_it(
    refund: Refund, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _sweep_during_a_claim(monkeypatch) == [1, 0]


def test_without_the_lock_two_sweeps_claim_a_row(
    refund: Refund, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the same claims, without the lock on the row."""

    def do_not_lock(rows: QuerySet[Any], **_: Any) -> QuerySet[Any]:
        return rows

    monkeypatch.setattr(QuerySet, "select_for_update", do_not_lock)
    assert _sweep_during_a_claim(monkeypatch) == [1, 1]
