"""Changes of a quantity beside sales on PostgreSQL, with a control that loses count."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from core.errors import BadValue
from events.models import Tally, TicketType, TypeTally
from events.services import tallies, ticket_types
from events.services.ticket_types import add_ticket_type, change_ticket_type
from rsvp.models import Rsvp, RsvpTicket
from tests.concurrency.rush import CONTROL_ROUNDS, Rush, errors_other_than, rounds_of, rush_of
from tests.factories import EventFactory, people

pytestmark = [pytest.mark.real, pytest.mark.django_db(transaction=True)]

BUYERS = 6
ROUNDS = 30


@pytest.fixture(scope="module")
def rush() -> Iterator[Rush]:
    with rush_of(BUYERS + 2) as rush:
        yield rush


@transaction.atomic
def buy(ticket_type: TicketType, buyer: Any) -> None:
    """Sell one ticket under the lock, if there is one left."""
    event_tally = tallies.lock_tally(ticket_type.event_id)
    tally = TypeTally.objects.select_for_update().get(pk=ticket_type.pk)
    if not tally.left:
        return
    rsvp = Rsvp.objects.create(event_id=ticket_type.event_id, user=buyer, status=Rsvp.Status.GOING)
    RsvpTicket.objects.create(rsvp=rsvp, ticket_type=ticket_type, quantity=1)
    tally.taken += 1
    tally.save(update_fields=["taken"])
    event_tally.going += 1
    event_tally.save(update_fields=["going"])
    ticket_types.refresh_tickets_left(event_tally)


def faults_of_a_round(rush: Rush) -> list[Any]:
    """Sell while the quantity becomes lower; return unexpected errors and wrong numbers."""
    event = EventFactory.create()
    ticket_type = add_ticket_type(event_id=event.pk, details={"name": "Standing", "quantity": 9})
    change = partial(change_ticket_type, event_id=event.pk, type_id=ticket_type.pk)
    changes = [partial(change, changes={"quantity": quantity}) for quantity in (3, 4)]
    sales = [partial(buy, ticket_type, buyer) for buyer in people(BUYERS)]
    outcomes = rush([*sales[:3], *changes, *sales[3:]])
    tally, event_tally = TypeTally.objects.get(), Tally.objects.get()
    sold = RsvpTicket.objects.count()
    numbers = (tally.taken, event_tally.going, event_tally.tickets_left)
    faults: list[Any] = errors_other_than(outcomes, BadValue)
    if numbers != (sold, sold, tally.left) or tally.quantity is None or tally.quantity < sold:
        faults.append((numbers, sold, tally.quantity))
    for model in (RsvpTicket, Rsvp, TicketType):
        model.objects.all().delete()
    Tally.objects.all().delete()
    return faults


def test_lower_quantity_never_goes_below_the_sales(rush: Rush) -> None:
    for _ in rounds_of(ROUNDS):
        assert faults_of_a_round(rush) == []


def test_without_the_lock_numbers_are_wrong(rush: Rush, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticket_types, "lock_tally", lambda pk: Tally.objects.get(pk=pk))
    assert any(faults_of_a_round(rush) for _ in range(CONTROL_ROUNDS))
