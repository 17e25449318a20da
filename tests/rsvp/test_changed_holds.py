"""Holds whose party wants other tickets, or has another code, before it pays."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from accounts.models import User
from events.models import DiscountCode, Event, Tally, TicketType, TypeTally
from events.services.events import cancel_event, update_event
from payments.gateways import test as provider
from payments.gateways.base import Outcome, ProviderError
from payments.models import Payment
from payments.services import closing
from payments.services.states import settle
from payments.services.work import work
from rsvp.check_in import DoorPayment, Scan, admit_walk_in, undo_check_in
from rsvp.models import Rsvp
from rsvp.services import rsvps
from tests.client import Api
from tests.factories import EventFactory, people
from tests.invariants import check_invariants
from tests.rsvp.paid import StripeShop
from tests.rsvp.ticketed import buy, offer, parties

pytestmark = [pytest.mark.both, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def in_debug() -> Any:
    with override_settings(DEBUG=True):
        yield


@pytest.fixture
def event() -> Event:
    return EventFactory.create(max_attendees=10)


@pytest.fixture
def ticket(event: Event) -> TicketType:
    return offer(event, 2, price=1000, currency="EUR")


def post(event: Event, person: User, *tickets: tuple[TicketType, int], **fields: Any) -> Any:
    listed = [{"ticket_type": kind.pk, "quantity": quantity} for kind, quantity in tickets]
    body = {"status": "going", "tickets": listed} | fields
    return Api(person).client.post(f"/api/events/{event.pk}/rsvp/", body)


def hold(event: Event, person: User, *tickets: tuple[TicketType, int], **fields: Any) -> Payment:
    response = post(event, person, *tickets, **fields)
    assert response.json()["status"] == "pending_payment", response.content
    return Payment.objects.get(pk=response.json()["payment"]["id"])


def taken(kind: TicketType) -> int:
    return TypeTally.objects.get(pk=kind.pk).taken


def code(event: Event, **fields: Any) -> DiscountCode:
    return DiscountCode.objects.create(event=event, **{"code": "TEN", "percent_off": 10} | fields)


def test_a_code_keeps_the_seats_of_the_hold(event: Event, ticket: TicketType) -> None:
    """People find the field for the code late; who waits must not get their seats meanwhile."""
    ada, ben = people(2)
    first = hold(event, ada, (ticket, 2))
    buy(event, ben, {ticket.pk: 1})
    ten = code(event, max_uses=1)
    second = hold(event, ada, (ticket, 2), code="ten")
    first.refresh_from_db()
    assert (first.status, second.amount) == ("cancelled", 1800)
    assert second.expires_at == first.expires_at
    assert parties(event, "waitlisted") == {ben.pk: {ticket.pk: 1}}
    ten.refresh_from_db()
    rsvp = Rsvp.objects.get(user=ada)
    assert (ten.used, rsvp.code) == (1, ten)
    provider.pay(second.checkout_id, Outcome.PAID)
    settle(second.pk)
    rsvp.refresh_from_db()
    assert (rsvp.status, rsvp.code) == ("going", ten)
    check_invariants()


def test_a_smaller_party_gives_only_the_others_back(event: Event, ticket: TicketType) -> None:
    ada, ben = people(2)
    hold(event, ada, (ticket, 2))
    buy(event, ben, {ticket.pk: 1})
    assert hold(event, ada, (ticket, 1)).amount == 1000
    assert parties(event, "pending_payment") == {ada.pk: {ticket.pk: 1}, ben.pk: {ticket.pk: 1}}
    check_invariants()


def test_a_larger_party_takes_free_tickets(event: Event, ticket: TicketType) -> None:
    [ada] = people(1)
    hold(event, ada, (ticket, 1))
    assert hold(event, ada, (ticket, 2)).amount == 2000
    assert taken(ticket) == 2
    check_invariants()


def test_more_than_is_free_is_refused_and_the_page_stays(event: Event, ticket: TicketType) -> None:
    ada, ben, cyd = people(3)
    hold(event, ben, (ticket, 1))
    payment = hold(event, ada, (ticket, 1))
    other = offer(event, 1, price=500, currency="EUR")
    hold(event, cyd, (other, 1))
    for wanted in ([(ticket, 2)], [(other, 1)]):
        response = post(event, ada, *wanted)
        assert (response.status_code, response.json()["code"]) == (409, "ticket_type_sold_out")
    assert hold(event, ada, (ticket, 1)) == payment
    check_invariants()


def test_a_code_that_makes_it_free(event: Event, ticket: TicketType) -> None:
    [ada] = people(1)
    payment = hold(event, ada, (ticket, 2))
    code(event, percent_off=100)
    body = post(event, ada, (ticket, 2), code="TEN").json()
    assert (body["status"], "payment" in body) == ("going", False)
    payment.refresh_from_db()
    assert payment.status == "cancelled"
    check_invariants()


def test_bad_code_changes_nothing(event: Event, ticket: TicketType) -> None:
    [ada] = people(1)
    payment = hold(event, ada, (ticket, 2))
    response = post(event, ada, (ticket, 2), code="NONE")
    assert [error["field"] for error in response.json()["errors"]] == ["code"]
    assert hold(event, ada, (ticket, 2)) == payment


def test_bad_provider_changes_nothing(event: Event, ticket: TicketType) -> None:
    [ada] = people(1)
    payment = hold(event, ada, (ticket, 2))
    response = post(event, ada, (ticket, 1), provider="nobody")
    assert [error["field"] for error in response.json()["errors"]] == ["provider"]
    assert hold(event, ada, (ticket, 2)) == payment


def test_a_code_is_given_up(event: Event, ticket: TicketType) -> None:
    [ada] = people(1)
    ten = code(event)
    hold(event, ada, (ticket, 2), code="TEN")
    assert hold(event, ada, (ticket, 2), code="").amount == 2000
    ten.refresh_from_db()
    assert (ten.used, Rsvp.objects.get(user=ada).code) == (0, None)


def test_others_were_faster_while_the_page_was_closed(
    event: Event, ticket: TicketType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page is closed, so the hold ends, and the seat goes on."""
    ada, ben = people(2)
    payment = hold(event, ada, (ticket, 1))
    close_page = closing._close_page

    def close_slowly(payment: Payment) -> None:
        close_page(payment)
        buy(event, ben, {ticket.pk: 1})

    monkeypatch.setattr(closing, "_close_page", close_slowly)
    assert post(event, ada, (ticket, 2)).json()["code"] == "ticket_type_sold_out"
    monkeypatch.undo()
    work(for_s=5)
    payment.refresh_from_db()
    assert (payment.status, Rsvp.objects.get(user=ada).status) == ("cancelled", "cancelled")
    check_invariants()


def test_a_hold_that_ended_while_its_page_was_closed(
    event: Event, ticket: TicketType, monkeypatch: pytest.MonkeyPatch
) -> None:
    [ada] = people(1)
    hold(event, ada, (ticket, 1))
    replace_hold = rsvps.replace_hold

    def replace_later(payment: Payment, **arguments: Any) -> Any:
        provider.pay(payment.checkout_id, Outcome.EXPIRED)
        settle(payment.pk)
        return replace_hold(payment, **arguments)

    monkeypatch.setattr(rsvps, "replace_hold", replace_later)
    assert hold(event, ada, (ticket, 2)).amount == 2000
    check_invariants()


@pytest.mark.parametrize(("quantity", "pages"), [(2, 2), (1, 3)], ids=["same", "other"])
def test_two_requests_change_a_hold_at_once(
    event: Event, ticket: TicketType, monkeypatch: pytest.MonkeyPatch, quantity: int, pages: int
) -> None:
    """A double click has one page, which stays open. Of two wishes, the later one counts."""
    [ada] = people(1)
    code(event)
    hold(event, ada, (ticket, 1))
    close_page = closing._close_page
    others: list[Payment] = []

    def close_slowly(payment: Payment) -> None:
        monkeypatch.undo()
        close_page(payment)
        others.append(hold(event, ada, (ticket, quantity), code="TEN"))

    monkeypatch.setattr(closing, "_close_page", close_slowly)
    last = hold(event, ada, (ticket, 2), code="TEN")
    assert (last.status, last.amount, Payment.objects.count()) == ("open", 1800, pages)
    assert [other == last for other in others] == [quantity == 2]
    assert DiscountCode.objects.get().used == 1
    check_invariants()


def test_a_waiting_party_that_becomes_smaller_can_pay(event: Event, ticket: TicketType) -> None:
    """Its request gets it an offer, which has no provider yet; that was 404 `not_found`."""
    ada, ben = people(2)
    hold(event, ben, (ticket, 1))
    assert post(event, ada, (ticket, 2)).json()["status"] == "waitlisted"
    payment = hold(event, ada, (ticket, 1))
    assert (payment.provider, payment.amount) == ("test", 1000)
    assert hold(event, ada, (ticket, 1)) == payment
    check_invariants()


def test_a_payment_at_the_bank_whose_hold_a_check_in_ended(ticket: TicketType) -> None:
    """It must end before the party waits again: its offer could not be written, so that whoever
    gave the seat back got 409, for days.
    """
    ada, ben = people(2)
    event, olive = ticket.event, ticket.event.created_by
    assert olive
    TypeTally.objects.update(quantity=1)
    start = timezone.now() + timedelta(hours=1)
    Event.objects.update(start_time=start, end_time=start + timedelta(hours=2))
    payment = hold(event, ada, (ticket, 1))
    provider.pay(payment.checkout_id, Outcome.PROCESSING)
    settle(payment.pk)
    admit_walk_in(event_id=event.pk, attendee=ada, by=olive, payment=DoorPayment(is_paid=True))
    undo_check_in(event_id=event.pk, scan=Scan(user_id=ada.pk), by=olive)
    hold(event, ben, (ticket, 1))
    response = post(event, ada, (ticket, 1))
    assert (response.status_code, response.json()["code"]) == (503, "provider_unavailable")
    Api(ben).post(f"/events/{event.pk}/cancel/", expect=200)
    provider.pay(payment.checkout_id, Outcome.PAID)
    settle(payment.pk)
    assert hold(event, ada, (ticket, 1)) != payment
    check_invariants()


def test_a_hold_that_is_being_cancelled_gets_a_new_page(event: Event, ticket: TicketType) -> None:
    """The event was cancelled by mistake. The old page would be closed under the buyer's hands."""
    [ada] = people(1)
    payment = hold(event, ada, (ticket, 1))
    cancel_event(event_id=event.pk)
    update_event(event_id=event.pk, changes={"status": "published"})
    again = hold(event, ada, (ticket, 1))
    assert again != payment
    work(for_s=5)
    again.refresh_from_db()
    assert (again.status, again.expires_at) == ("open", payment.expires_at)
    check_invariants()


@pytest.mark.parametrize("is_down", [False, True], ids=["fast", "lost"])
def test_the_webhook_of_the_closed_page_frees_no_seats(
    event: Event, ticket: TicketType, monkeypatch: pytest.MonkeyPatch, is_down: bool
) -> None:
    """Stripe tells us of each page that we close; that can be faster than our transaction."""
    ada, ben = people(2)
    code(event)
    shop = StripeShop()
    with shop.server, override_settings(**shop.settings):
        first = hold(event, ada, (ticket, 2))
        buy(event, ben, {ticket.pk: 1})
        close_page = closing._close_page

        def close_and_hear(payment: Payment) -> None:
            monkeypatch.undo()
            close_page(payment)
            shop.hear()
            if is_down:
                raise ProviderError

        monkeypatch.setattr(closing, "_close_page", close_and_hear)
        response = post(event, ada, (ticket, 2), code="TEN")
        assert response.status_code == (503 if is_down else 200)
        second = hold(event, ada, (ticket, 2), code="TEN")
        assert hold(event, ada, (ticket, 2), code="TEN") == second
    first.refresh_from_db()
    assert (first.status, second.amount, second.expires_at) == ("cancelled", 1800, first.expires_at)
    assert parties(event, "waitlisted") == {ben.pk: {ticket.pk: 1}}
    check_invariants()


@pytest.mark.parametrize("is_going", [True, False], ids=["going", "waiting"])
def test_a_code_alone_is_counted_once(event: Event, ticket: TicketType, is_going: bool) -> None:
    """Tickets that were taken keep their terms; a waiting party has its code at its turn."""
    ada, ben = people(2)
    TicketType.objects.update(price=0)
    free = post(event, ada, (ticket, 2))
    assert free.json()["status"] == "going"
    TicketType.objects.update(price=1000)
    buy(event, ben, {ticket.pk: 1})
    ten = code(event)
    person, tickets = (ada, 2) if is_going else (ben, 1)
    for _ in range(3):
        assert post(event, person, (ticket, tickets), code="TEN").status_code == 200
    ten.refresh_from_db()
    rsvp = Rsvp.objects.get(user=person)
    assert (ten.used, rsvp.code) == ((0, None) if is_going else (1, ten))
    if not is_going:
        Api(ada).post(f"/events/{event.pk}/cancel/", expect=200)
        assert Payment.objects.get(payer=ben).amount == 900
    check_invariants()


def test_a_second_code_for_more_tickets_is_refused(event: Event, ticket: TicketType) -> None:
    [ada] = people(1)
    hidden = offer(event, is_hidden=True)
    code(event, percent_off=100)
    code(event, code="OPEN").unlocks.add(hidden)
    assert post(event, ada, (ticket, 1), code="TEN").json()["status"] == "going"
    response = post(event, ada, (ticket, 1), (hidden, 1), code="OPEN")
    assert [(error["field"], error["code"]) for error in response.json()["errors"]] == [
        ("code", "has_code")
    ]
    assert Tally.objects.get(pk=event.pk).going == 1
    check_invariants()
