"""Webhooks in all orders, and 100 times, with the libraries of both providers.

They come at any time after what they are about: the provider can be several steps ahead.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from accounts.models import User
from events.models import Event, Tally
from payments.models import ProviderEvent
from rsvp.models import Rsvp
from tests.factories import EventFactory, UserFactory
from tests.payments.orders import Choose, play_all
from tests.payments.stories import (
    AMOUNT,
    PART,
    PRICE,
    SHORT,
    TIMES,
    End,
    Play,
    Story,
    also,
    bank_pays,
    bank_refuses,
    charge_refunded,
    dispute,
    lose,
    page_expires,
    pay,
    pay_after_the_end,
    pay_by_bank,
    pay_wrongly,
    refund_a_part,
    refund_all,
    refund_arrives,
    refund_returns,
    refund_slowly,
    time_is_up,
    warn_of_fraud,
    win,
)
from tests.rsvp.paid import PayPalShop, StripeShop
from tests.rsvp.ticketed import buy, offer

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture(autouse=True)
def without_rsvps() -> None:
    """Keep the receivers of RSVPs: the seats are part of each end."""


@pytest.fixture(autouse=True)
def alma(alma: User) -> User:
    """Add the admin who gets the alerts."""
    return alma


@pytest.fixture
def event() -> Event:
    event = EventFactory.create()
    offer(event, price=PRICE, currency="EUR")
    return event


@pytest.fixture
def shop(request: pytest.FixtureRequest) -> Iterator[Any]:
    shop = request.param()
    with shop.server, override_settings(**shop.settings):
        yield shop


PARTLY = End("partially_refunded", refunds=(PART,))
DISPUTED_PARTLY = End("partially_refunded", refunds=(PART,), alerts=1)
ALL = End("refunded", refunds=(AMOUNT,))
LOST = End("refunded", refunds=(AMOUNT,), alerts=1)
RETURNED = End("paid", alerts=1)
DISPUTED = End("disputed", alerts=1)
NOT_PAID = End("failed", "cancelled", receipts=0)
WRONG = End("refunded", "cancelled", refunds=(SHORT,), receipts=0, alerts=1)
DISPUTED_WRONG = End("refunded", "cancelled", refunds=(SHORT,), receipts=0, alerts=2)

STRIPE = {
    "refund": Story([pay, refund_a_part, charge_refunded], PARTLY),
    "slow_refund": Story([pay, refund_slowly, refund_arrives], PARTLY),
    "returned_refund": Story([pay, refund_slowly, refund_returns], RETURNED),
    "won": Story([pay, refund_a_part, dispute, win], DISPUTED_PARTLY),
    "lost": Story([pay, dispute, lose], LOST),
    "warning": Story([pay, warn_of_fraud, refund_all], LOST),
    "bank": Story([pay_by_bank, bank_pays, refund_a_part], PARTLY),
    "bank_refuses": Story([pay_by_bank, bank_refuses], NOT_PAID),
    "bank_after_the_hold": Story([pay_by_bank, time_is_up, bank_pays], End("paid")),
    "late": Story([page_expires, pay_after_the_end, refund_a_part], PARTLY),
    "overdue": Story([pay_after_the_end, refund_a_part], PARTLY, (time_is_up,)),
    "wrong": Story([pay_wrongly], WRONG),
    "wrong_and_disputed": Story([pay_wrongly, dispute, win], DISPUTED_WRONG),
}
PAYPAL = {
    "reversed": Story([pay, refund_all, also("PAYMENT.CAPTURE.REVERSED")], ALL),
    "slow_refund": Story([pay, refund_slowly, refund_arrives], PARTLY),
    "returned_refund": Story([pay, refund_slowly, refund_returns], RETURNED),
    "won": Story([pay, dispute, win], RETURNED),
    "lost": Story([pay, dispute, lose], LOST),
    "bank": Story([pay_by_bank, bank_pays, refund_a_part], PARTLY),
    "denied": Story([pay_by_bank, bank_refuses, also("PAYMENT.CAPTURE.DENIED")], NOT_PAID),
    "overdue": Story([pay_after_the_end, refund_a_part], PARTLY, (time_is_up,)),
    "wrong": Story([pay_wrongly], WRONG),
}
CASES = [
    pytest.param(shop, story, id=f"{shop.name}-{name}")
    for shop, stories in ((StripeShop, STRIPE), (PayPalShop, PAYPAL))
    for name, story in stories.items()
]


@pytest.mark.parametrize(("shop", "story"), CASES, indirect=["shop"])
def test_every_order_ends_alike(event: Event, shop: Any, story: Story) -> None:
    def play(choose: Choose) -> None:
        payment = Play(shop, event)
        payment.tell(story, choose)
        assert payment.end(story.end.alerts) == story.end, payment.log

    play_all(play)
    assert not ProviderEvent.objects.exclude(due_at=None).exists()


# Each kind of event that operators choose at the provider, and what it is about.
KINDS = {
    StripeShop: {
        "checkout.session.completed": Story([pay], End("paid")),
        "checkout.session.expired": Story([page_expires], End("expired", "cancelled", receipts=0)),
        "checkout.session.async_payment_succeeded": Story([pay_by_bank, bank_pays], End("paid")),
        "checkout.session.async_payment_failed": Story([pay_by_bank, bank_refuses], NOT_PAID),
        "charge.refunded": Story([pay, refund_a_part, charge_refunded], PARTLY),
        "refund.created": Story([pay, refund_a_part], PARTLY),
        "refund.updated": Story([pay, refund_slowly, refund_arrives], PARTLY),
        "refund.failed": Story([pay, refund_slowly, refund_returns], RETURNED),
        "charge.dispute.created": Story([pay, dispute], DISPUTED),
        "charge.dispute.updated": Story([pay, dispute, also("charge.dispute.updated")], DISPUTED),
        "charge.dispute.closed": Story([pay, dispute, lose], LOST),
        "radar.early_fraud_warning.created": Story([pay, warn_of_fraud], RETURNED),
    },
    PayPalShop: {
        "CHECKOUT.ORDER.APPROVED": Story([pay], End("paid")),
        "PAYMENT.CAPTURE.COMPLETED": Story([pay], End("paid")),
        "PAYMENT.CAPTURE.PENDING": Story([pay_by_bank, bank_pays], End("paid")),
        "PAYMENT.CAPTURE.DECLINED": Story([pay_by_bank, bank_refuses], NOT_PAID),
        "PAYMENT.CAPTURE.DENIED": PAYPAL["denied"],
        "PAYMENT.CAPTURE.REFUNDED": Story([pay, refund_a_part], PARTLY),
        "PAYMENT.CAPTURE.REVERSED": PAYPAL["reversed"],
        "PAYMENT.REFUND.PENDING": PAYPAL["slow_refund"],
        "PAYMENT.REFUND.FAILED": PAYPAL["returned_refund"],
        "CUSTOMER.DISPUTE.CREATED": Story([pay, dispute], DISPUTED),
        "CUSTOMER.DISPUTE.UPDATED": Story(
            [pay, dispute, also("CUSTOMER.DISPUTE.UPDATED")], DISPUTED
        ),
        "CUSTOMER.DISPUTE.RESOLVED": PAYPAL["lost"],
    },
}


@pytest.mark.parametrize(
    ("shop", "kind", "story"),
    [
        pytest.param(shop, kind, story, id=kind.lower())
        for shop, kinds in KINDS.items()
        for kind, story in kinds.items()
    ],
    indirect=["shop"],
)
def test_event_that_comes_100_times_has_one_effect(
    event: Event, shop: Any, kind: str, story: Story
) -> None:
    payment = Play(shop, event, repeated=kind)
    payment.tell(story, lambda number: number - 1)  # each event as soon as it is there
    assert payment.end(0) == story.end
    assert kind in payment.log
    assert ProviderEvent.objects.count() == len(shop.server.events)
    assert payment.seat_changes() == ["pending_payment", story.end.rsvp]


def test_every_kind_in_the_documentation_is_tested() -> None:
    text = Path(settings.BASE_DIR, "docs/operations/payments.md").read_text()
    names: list[str] = []
    for row in re.findall(r"^\| (`.*?) \|", text, re.MULTILINE):
        for name in re.findall(r"`([\w.]*\.\w+)`", row):  # `.PENDING` is short for its neighbour
            start = names[-1].rpartition(".")[0] if name.startswith(".") else ""
            names.append(start + name)
    assert sorted(names) == sorted(kind for kinds in KINDS.values() for kind in kinds)


@pytest.mark.parametrize("shop", [StripeShop, PayPalShop], ids=["stripe", "paypal"], indirect=True)
def test_late_buyer_and_the_next_one_never_both_get_the_seats(shop: Any) -> None:
    def play(choose: Choose) -> None:
        event = EventFactory.create(max_attendees=2)
        ticket = offer(event, price=PRICE, currency="EUR")
        ben = UserFactory.create()

        def ben_comes(shop: Any, page: str) -> None:
            buy(event, ben, {ticket.pk: 1})

        payment = Play(shop, event)
        payment.tell(Story([pay_after_the_end], End(""), (time_is_up, ben_comes)), choose)
        end = payment.end(0)
        kept = AMOUNT * (end.receipts > 0) - sum(end.refunds)
        tally = Tally.objects.get(pk=event.pk)
        outcome = (end.rsvp, Rsvp.objects.get(user=ben).status, kept, tally.going, tally.held)
        outcomes.add(outcome)

    outcomes: set[tuple[str, str, int, int, int]] = set()
    play_all(play)
    assert outcomes == {
        ("going", "waitlisted", AMOUNT, 2, 0),
        ("cancelled", "pending_payment", 0, 0, 1),
    }


@pytest.mark.parametrize(
    ("shop", "story"),
    [
        pytest.param(StripeShop, STRIPE["wrong"], id="refund-stripe"),
        pytest.param(PayPalShop, Story([pay], End("paid")), id="capture-paypal"),
        pytest.param(PayPalShop, PAYPAL["wrong"], id="capture-and-refund-paypal"),
    ],
    indirect=["shop"],
)
def test_lost_responses_of_the_provider_end_alike(event: Event, shop: Any, story: Story) -> None:
    """No call that moves money is answered, and no other webhook comes."""
    payment = Play(shop, event)
    payment.do(story.steps[0])
    [webhook] = shop.server.events
    shop.server.deaths = TIMES
    payment.hear(webhook)
    shop.sweep()
    shop.sweep()
    assert payment.end(0) == story.end
    assert shop.server.deaths < TIMES


def test_all_choices_are_played() -> None:
    """Three things of which the last comes after the first have three orders."""
    orders = []

    def play(choose: Choose) -> None:
        order, possible = "", ["a", "b"]
        while possible:
            order += possible.pop(choose(len(possible)))
            possible += ["c"] if order[-1] == "a" else []
        orders.append(order)

    assert play_all(play) == 3
    assert sorted(orders) == ["abc", "acb", "bac"]
