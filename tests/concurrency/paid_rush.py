"""Many buyers for ten paid seats, at a server that is killed now and then.

The seats are watched all the time; they and the money are compared at the end.
"""

import json
import random
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from threading import Event as Flag
from typing import Any

import requests
from django.db.models import F, Q, Sum
from django.utils import timezone

from accounts.models import User
from events.models import Event, Tally
from events.services.events import cancel_event
from notifications.models import Notification
from payments.models import Payment, PaymentQuerySet, ProviderEvent, Refund
from payments.services.work import work
from rsvp.models import Rsvp, RsvpChange
from tests.concurrency.busy_stripe import DeadlyStripe
from tests.concurrency.paid_buyers import DEEDS, POLL_S, WITHIN_S, Buyer, Market
from tests.concurrency.server import Server
from tests.factories import EventFactory
from tests.payments.gateways import make_due
from tests.rsvp.ticketed import offer
from tests.standins.stripe import signed

SEATS = 10
PRICE = 1250


class PaidRush:
    """One round, which `play` plays."""

    def __init__(
        self,
        server: Server,
        stripe: DeadlyStripe,
        people: list[User],
        seed: int,
        *,
        policy: str = "full",
        kills_server: bool = False,
        is_called_off: bool = False,
        deeds: tuple[str, ...] = DEEDS,
    ) -> None:
        self.server, self.stripe, self.random = server, stripe, random.Random(seed)
        self.policy, self.kills_server, self.is_called_off = policy, kills_server, is_called_off
        self.event: Event = EventFactory.create(max_attendees=SEATS, refund_policy=policy)
        ticket = offer(self.event, SEATS, price=PRICE, currency="EUR")
        self.market = Market(f"{server.url}/api/events/{self.event.pk}", ticket.pk, stripe)
        self.buyers = [Buyer(self.market, person, self.random.random(), deeds) for person in people]
        self.first_event, self.first_page = len(stripe.events), len(stripe.sessions)
        self.strikes_after = self.random.randint(2, 15)  # pages
        self.is_over = Flag()

    def play(self) -> list[str]:
        """Return what must not happen: errors, too many seats, differences of money and seats."""
        with ThreadPoolExecutor(len(self.buyers) + 1) as pool:
            shoppers = [pool.submit(buyer.shop) for buyer in self.buyers]
            courier = pool.submit(self.carry)
            try:
                self.watch(shoppers)
            finally:
                self.market.is_closing.set()
                self.is_over.set()
        errors = [repr(e) for future in (courier, *shoppers) if (e := future.exception())]
        self.finish()
        self.observe()
        return [*errors, *self.market.broken, *self.differences()]

    def watch(self, shoppers: list[Future[None]]) -> None:
        """Observe until all buyers are done; offer seats, end holds, and strike once.

        When all buyers that are left wait for seats that nobody frees, banks decide; then the sale
        is over.
        """
        until = time.monotonic() + WITHIN_S
        have_banks_decided = False
        while left := [future for future in shoppers if not future.done()]:
            assert time.monotonic() < until, "The buyers do not come to an end."
            is_idle = len(left) == len(self.market.waiting)
            self.observe()
            self.end_holds(of_all_others=is_idle)
            self.offer_seats()
            if len(self.pages()) >= self.strikes_after:
                self.strike()
            if is_idle and not self.payments().filter(status="open").exists():
                if have_banks_decided:
                    self.market.is_closing.set()
                self.stripe.let_banks_decide(self.pages())
                have_banks_decided = True
            time.sleep(POLL_S)
        if self.strikes_after < sys.maxsize:
            self.strike()

    def strike(self) -> None:
        """Cancel the event, or kill the whole server, if that belongs to this round."""
        self.strikes_after = sys.maxsize
        if self.is_called_off:
            self.market.refusals.add("event_cancelled")
            cancel_event(event_id=self.event.pk)
        if self.kills_server:
            self.server.kill()
            self.server.start()

    def observe(self) -> None:
        """Look at the seats and their counts at one instant."""
        seated = Q(event__rsvps__status__in=["going", "pending_payment"])
        party = F("event__rsvps__guests") + 1
        tally = Tally.objects.annotate(seats=Sum(party, filter=seated)).get(pk=self.event.pk)
        seats, counted = tally.seats or 0, tally.going + tally.held
        if seats > SEATS or seats != counted:
            self.market.broken.add(f"{seats} seats are taken, {counted} are counted")

    def offer_seats(self) -> None:
        """Have people come whose seats are held, and others pay whose hold is over."""
        waiting = dict(self.market.waiting)
        held = Rsvp.objects.filter(event=self.event, status="pending_payment", user__in=waiting)
        for person_id in held.values_list("user", flat=True):
            waiting[person_id].offered.set()
        afterwards = self.market.afterwards
        ended = self.payments().filter(pk__in=list(afterwards), status__in=Payment.ENDED)
        for payment_id in ended.values_list("pk", flat=True):
            afterwards.pop(payment_id)()

    def end_holds(self, *, of_all_others: bool) -> None:
        """Let holds be over, and the pauses after failures, too."""
        now = timezone.now()
        over = Q(pk__in=list(self.market.overdue)) | Q(is_cancel_requested=True)
        if of_all_others:
            over |= ~Q(payer__in=list(self.market.waiting))
        self.payments().filter(over, status="open").update(due_at=now, expires_at=now)
        for model in (ProviderEvent, Refund):
            make_due(model)

    # The webhooks

    def carry(self) -> None:
        """Deliver most webhooks soon, some of them twice; the rest comes at the end."""
        sent, chance = self.first_event, random.Random(self.random.random())
        for number in count(sent):
            if self.is_over.wait(POLL_S):
                return
            events = self.stripe.events[sent:]
            sent += len(events)
            for event in events:
                for _ in range(chance.choice((0, 1, 1, 1, 2))):
                    self.deliver(event)
            # Each webhook has the server do all that is due, also one of another system.
            customer = {"object": "customer", "id": "cus_1"}
            event = {"id": f"evt_other_{number}", "object": "event", "type": "customer.updated"}
            self.deliver(event | {"data": {"object": customer}})

    def deliver(self, event: dict[str, Any]) -> None:
        """Send a webhook until it is accepted, as Stripe does."""
        url = f"{self.server.url}/api/payments/webhooks/stripe/"
        until = time.monotonic() + WITHIN_S
        while time.monotonic() < until:
            body, headers = signed(json.dumps(event).encode())
            headers |= {"Content-Type": "application/json"}
            try:
                response = requests.post(url, body, headers=headers, timeout=60)
            except requests.RequestException:
                time.sleep(POLL_S)
                continue
            if response.status_code != 200:
                self.market.broken.add(response.text)
            return
        raise AssertionError("No response to a webhook")

    # The end

    def finish(self) -> None:
        """Let the banks decide, deliver every webhook, and do all that is left."""
        self.stripe.plan.clear()
        self.stripe.let_banks_decide(self.pages())
        events = self.stripe.events[self.first_event :]
        for event in self.random.sample(events, len(events)):
            self.deliver(event)
        until = time.monotonic() + WITHIN_S
        while left := list(self.undone()):
            assert time.monotonic() < until, left
            self.payments().unended().update(due_at=timezone.now())
            for model in (ProviderEvent, Refund):
                make_due(model)
            work(for_s=5)

    def undone(self) -> Iterator[Any]:
        yield from self.payments().unended()
        for model in (ProviderEvent, Refund):
            yield from model.objects.exclude(due_at=None)

    def payments(self) -> PaymentQuerySet:
        return Payment.objects.filter(event=self.event)

    def pages(self) -> list[str]:
        return list(self.stripe.sessions)[self.first_page :]

    def differences(self) -> list[str]:
        """Compare each party's seats with its money, here and at Stripe.

        Tickets that were given back are paid for if the policy has no refunds. An event that was
        called off costs nothing.
        """
        found: list[str] = []
        changes = RsvpChange.objects.filter(event=self.event, from_status="going")
        leavers = set(changes.values_list("rsvp", flat=True))
        kept = {page: self.stripe.money_of(page) for page in self.pages()}
        for rsvp in Rsvp.objects.filter(event=self.event):
            payments = self.payments().of_rsvp(rsvp.pk)
            ours = sum((p.received_amount or 0) - p.refunded_amount for p in payments)
            theirs = sum(kept.pop(p.checkout_id, 0) for p in payments)
            is_sold = rsvp.status == "going" and not self.is_called_off
            price = rsvp.party * PRICE if is_sold else 0
            is_kept = self.policy == "none" and rsvp.pk in leavers and not self.is_called_off
            if ours != theirs or ours < price or (ours > price and not is_kept):
                found.append(f"{rsvp.status} for {price}, but {ours} here and {theirs} there")
            found += [
                f"{payment} was made in time, and refunded"
                for payment in payments
                if payment.refunded_amount
                and payment.checkout_id not in self.market.paid_late
                and rsvp.pk not in leavers
                and not self.is_called_off
            ]
        found += [f"{page} of nobody has {money}" for page, money in kept.items() if money]
        refunds = Refund.objects.filter(payment__event=self.event)
        found += [f"{refund} is {refund.status}" for refund in refunds.exclude(status="done")]
        notices = Notification.objects.filter(event_id=self.event.pk)
        mails = [notices.filter(kind=kind).count() for kind in ("payment_receipt", "refunded")]
        if mails != [self.payments().received().count(), refunds.count()]:
            found.append(f"{mails} receipts and notices of refunds")
        return found
