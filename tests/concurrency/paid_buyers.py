"""Buyers of paid seats over HTTP, at a server that can be away for a moment."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event as Flag
from typing import Any

import requests

from accounts.models import User
from tests.client import access_token
from tests.concurrency.busy_stripe import DeadlyStripe

POLL_S = 0.05
WITHIN_S = 300
# What buyers do with the page on which they can pay.
DEEDS = (
    *("pay", "pay", "decline", "abandon", "hesitate", "forget", "leave"),
    *("leave_and_pay", "change", "bank", "pay_and_leave", "pay_and_shrink"),
)

# Of buyers who change a hold: it is paid, or there are no more seats for it.
REFUSALS = ("just_paid", "event_full", "ticket_type_sold_out")


@dataclass
class Market:
    """What the buyers of one event share."""

    url: str
    ticket_id: int
    stripe: DeadlyStripe
    waiting: dict[int, "Buyer"] = field(default_factory=dict)  # by person, for an offer
    overdue: set[int] = field(default_factory=set)  # payments that nobody makes in time
    # By payment, what its buyer does after the hold.
    afterwards: dict[int, Callable[[], None]] = field(default_factory=dict)
    paid_late: set[str] = field(default_factory=set)  # pages that are paid by mistakes of Stripe
    broken: set[str] = field(default_factory=set)
    refusals: set[str] = field(default_factory=lambda: set(REFUSALS))  # that are right
    is_closing: Flag = field(default_factory=Flag)


class Buyer:
    def __init__(self, market: Market, person: User, seed: float, deeds: tuple[str, ...]) -> None:
        self.market, self.stripe, self.person = market, market.stripe, person
        self.random = random.Random(seed)
        self.quantity = self.random.choice((1, 1, 1, 2))
        self.deed = self.random.choice(deeds)
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {access_token(person)}"
        self.offered = Flag()

    def shop(self) -> None:
        while not self.market.is_closing.is_set():
            body = self.join(self.quantity)
            if body.get("checkout_url"):
                self.payment_id, self.page = body["payment"]["id"], _page_of(body)
                getattr(self, self.deed)()
                return
            if body.get("status") != "waitlisted":
                return
            if self.random.random() < 0.2:
                self.cancel()
                return
            self.wait_for_offer()

    def wait_for_offer(self) -> None:
        """Wait as people do, who get a mail when seats are held for them."""
        self.offered.clear()
        self.market.waiting[self.person.pk] = self
        while not self.offered.wait(POLL_S) and not self.market.is_closing.is_set():
            pass
        del self.market.waiting[self.person.pk]

    # Deeds

    def pay(self) -> None:
        self.stripe.pay_if_open(self.page)

    def decline(self) -> None:
        self.stripe.decline_if_open(self.page)
        if self.random.random() < 0.5:
            self.abandon()
        else:
            self.pay()

    def abandon(self) -> None:
        self.market.overdue.add(self.payment_id)

    def hesitate(self) -> None:
        """Pay when the hold is over, if the page can still be paid."""
        self.market.afterwards[self.payment_id] = self.pay
        self.abandon()

    def forget(self) -> None:
        """Pay when the page is expired, as happens only by mistakes of Stripe."""
        self.market.paid_late.add(self.page)
        self.market.afterwards[self.payment_id] = lambda: self.stripe.pay_late(self.page)
        self.abandon()

    def leave(self) -> None:
        self.cancel()

    def leave_and_pay(self) -> None:
        self.stripe.pay_at_expiry.add(self.page)
        self.cancel()

    def change(self) -> None:
        """Take another number of tickets on another page, or pay those of the first page."""
        body = self.join(3 - self.quantity)
        if body.get("checkout_url"):
            self.page = _page_of(body)
        self.pay()

    def bank(self) -> None:
        self.stripe.pay_by_bank(self.page)

    def pay_and_leave(self) -> None:
        self.pay()
        if self.cancel() == 409:  # just paid: now they know
            self.cancel()

    def pay_and_shrink(self) -> None:
        """Give one of two paid tickets back."""
        self.pay()
        if self.quantity == 2 and self.join(1).get("code") == "just_paid":
            self.join(1)

    # Requests

    def join(self, quantity: int) -> dict[str, Any]:
        tickets = [{"ticket_type": self.market.ticket_id, "quantity": quantity}]
        response = self._post("rsvp", {"status": "going", "tickets": tickets})
        body: dict[str, Any] = response.json()
        self._check(response)
        return body

    def cancel(self) -> int:
        response = self._post("cancel", {})
        self._check(response)
        return response.status_code

    def _check(self, response: requests.Response) -> None:
        is_refused = response.status_code not in (200, 201)
        if is_refused and response.json()["code"] not in self.market.refusals:
            self.market.broken.add(f"{self.deed} of {self.quantity}: {response.text}")

    def _post(self, path: str, body: dict[str, Any]) -> requests.Response:
        """Send the request until a server that is alive responds, and Stripe to that server."""
        until = time.monotonic() + WITHIN_S
        while time.monotonic() < until:
            try:
                response = self.session.post(f"{self.market.url}/{path}/", json=body, timeout=60)
                if response.status_code != 503:
                    return response
            except requests.RequestException:
                self.session.close()
            time.sleep(POLL_S)
        raise AssertionError(f"No response to {path}")


def _page_of(body: dict[str, Any]) -> str:
    return str(body["checkout_url"]).rpartition("/")[2]
