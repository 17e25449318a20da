"""What happens to a payment at its provider, step by step, and how we hear of it."""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.models import User
from events.models import Event
from notifications.models import Notification
from payments.models import Payment, Refund
from payments.services.checkout import open_checkout
from payments.services.work import work
from rsvp.models import Rsvp, RsvpChange
from tests.factories import UserFactory
from tests.payments.orders import Choose
from tests.rsvp.ticketed import buy
from tests.standins import paypal, stripe

PRICE = 1250
AMOUNT = 2 * PRICE
PART = 500
SHORT = AMOUNT - 100
TIMES = 100
# At the provider, or with us: takes the shop and the ID of a page.
Step = Callable[[Any, str], None]


@dataclass(frozen=True)
class End:
    """`alerts` is the most: no admin needs to hear of a dispute that was over before we knew."""

    payment: str
    rsvp: str = "going"
    refunds: tuple[int, ...] = ()  # the amounts of those that are done
    receipts: int = 1
    alerts: int = 0


@dataclass(frozen=True)
class Story:
    """Steps at the provider in this order, and steps of ours, which can come at any time."""

    steps: list[Step]
    end: End
    ours: tuple[Step, ...] = ()


class Play:
    """One payment of two tickets, its webhooks, and all that we made of them.

    Webhooks of the kind `repeated` come a hundred times.
    """

    def __init__(self, shop: Any, event: Event, repeated: str = "") -> None:
        self.shop, self.repeated, self.client = shop, repeated, Client()
        self.person: User = UserFactory.create()
        rsvp = buy(event, self.person, {event.ticket_types.get().pk: 2})
        self.rsvp_id = rsvp.pk
        payment = Payment.objects.get(rsvp_id=rsvp.pk)
        self.payment_id, self.page = payment.pk, open_checkout(payment.pk).checkout_id
        self.log: list[str] = []
        self.alerts_before = _alerts()
        self.money_before = shop.money
        shop.server.events.clear()

    def tell(self, story: Story, choose: Choose) -> None:
        """Play to the end: the next step, or a webhook that has not come yet, as is chosen."""
        steps, ours, heard = list(story.steps), list(story.ours), 0
        unheard: list[dict[str, Any]] = []
        while True:
            unheard += self.shop.server.events[heard:]
            heard = len(self.shop.server.events)
            next_ones = steps[:1] if self._can_go_on(story, steps) else []
            possible = [*next_ones, *ours, *range(len(unheard))]
            if not possible:
                assert not steps, self.log
                return
            choice = possible[choose(len(possible))] if len(possible) > 1 else possible[0]
            if isinstance(choice, int):
                self.hear(unheard.pop(choice))
            else:
                (steps if choice in next_ones else ours).remove(choice)
                self.do(choice)

    def _can_go_on(self, story: Story, steps: list[Step]) -> bool:
        """PayPal's money moves only after we have heard of the first step."""
        if self.shop.name == "stripe" or steps == story.steps:
            return True
        return bool(self.shop.server.orders[self.page]["status"] == "COMPLETED")

    def do(self, step: Step) -> None:
        self.log.append(step.__name__)
        step(self.shop, self.page)

    def hear(self, event: dict[str, Any]) -> None:
        """Receive a webhook, and do what is due."""
        kind = event.get("type") or event["event_type"]
        self.log.append(kind)
        for number in range(TIMES if kind == self.repeated else 1):
            self.send(event)
            if number % 25 == 0:
                work(for_s=5)

    def send(self, event: dict[str, Any]) -> None:
        sign = stripe.signed if self.shop.name == "stripe" else paypal.signed
        body, headers = sign(json.dumps(event).encode())
        url, kind = f"/api/payments/webhooks/{self.shop.name}/", "application/json"
        response = self.client.post(url, body, content_type=kind, headers=headers)
        assert response.status_code == 200, (self.log, response.content)

    def end(self, alerts: int) -> End:
        """Return the end, with `alerts` if there were that many or fewer; check the books."""
        payment = Payment.objects.get(pk=self.payment_id)
        refunds = Refund.objects.filter(payment=payment)
        done = tuple(r.amount for r in refunds if r.status == Refund.Status.DONE)
        came, went = (
            now - before for now, before in zip(self.shop.money, self.money_before, strict=True)
        )
        books = (payment.received_amount or 0, payment.refunded_amount, sum(done))
        assert books == (came, went, went), self.log
        notices = Notification.objects.filter(user=self.person)
        assert notices.filter(kind="refunded").count() == len(done), self.log
        assert not Payment.objects.unended().filter(pk=payment.pk).exists(), self.log
        assert not refunds.exclude(due_at=None).exists(), self.log
        return End(
            payment=payment.status,
            rsvp=Rsvp.objects.get(pk=self.rsvp_id).status,
            refunds=done,
            receipts=notices.filter(kind="payment_receipt").count(),
            alerts=max(alerts, _alerts() - self.alerts_before),
        )

    def seat_changes(self) -> list[str]:
        """Return the statuses that the RSVP has had."""
        changes = RsvpChange.objects.filter(rsvp_id=self.rsvp_id).order_by("pk")
        return list(changes.values_list("to_status", flat=True))


def _alerts() -> int:
    return Notification.objects.filter(kind="admin_alert").count()


# Steps


def pay(shop: Any, page: str) -> None:
    shop.pay(page)


def pay_after_the_end(shop: Any, page: str) -> None:
    shop.pay_after_the_end(page)


def pay_wrongly(shop: Any, page: str) -> None:
    shop.pay_wrongly(page, SHORT)


def pay_by_bank(shop: Any, page: str) -> None:
    shop.pay_by_bank(page)


def bank_pays(shop: Any, page: str) -> None:
    shop.server.finish_late(page)


def bank_refuses(shop: Any, page: str) -> None:
    shop.server.finish_late(page, succeeds=False)


def page_expires(shop: Any, page: str) -> None:
    shop.server.expire_by_clock(page)


def refund_a_part(shop: Any, page: str) -> None:
    shop.refund_in_dashboard(page, PART)


def refund_all(shop: Any, page: str) -> None:
    shop.refund_in_dashboard(page, AMOUNT)


def refund_slowly(shop: Any, page: str) -> None:
    shop.server.refunds_are_slow = True
    shop.refund_in_dashboard(page, PART)
    shop.server.refunds_are_slow = False


def refund_arrives(shop: Any, page: str) -> None:
    shop.server.finish_refunds()


def refund_returns(shop: Any, page: str) -> None:
    shop.server.finish_refunds(succeed=False)


def dispute(shop: Any, page: str) -> None:
    shop.server.open_dispute(page)


def win(shop: Any, page: str) -> None:
    shop.server.close_dispute(page, is_won=True)


def lose(shop: Any, page: str) -> None:
    shop.server.close_dispute(page, is_won=False)


def warn_of_fraud(shop: Any, page: str) -> None:
    shop.server.warn_of_fraud(page)


def also(kind: str) -> Step:
    """Have the provider send the last event as another kind, too."""

    def step(shop: Any, page: str) -> None:
        event = deepcopy(shop.server.events[-1])
        event["id"] += f"-{kind}"
        event["type" if "type" in event else "event_type"] = kind
        shop.server.events.append(event)

    step.__name__ = kind
    return step


def charge_refunded(shop: Any, page: str) -> None:
    """Have Stripe send `charge.refunded`, which is about the charge."""
    also("charge.refunded")(shop, page)
    intent = shop.server.intents[shop.server.sessions[page]["payment_intent"]]
    links = {"payment_intent": intent["id"], "metadata": intent["metadata"]}
    shop.server.events[-1]["data"]["object"] = intent["latest_charge"] | links


def time_is_up(shop: Any, page: str) -> None:
    """End the hold as the sweep does, if it is still open."""
    now = timezone.now()
    Payment.objects.filter(checkout_id=page, status="open").update(expires_at=now, due_at=now)
    work(for_s=5)
