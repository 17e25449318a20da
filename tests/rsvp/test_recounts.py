"""Counts of tickets and codes that differ from their rows are found."""

from typing import Any

import pytest

from accounts.models import User
from events.models import DiscountCode, Event, Tally, TypeTally
from rsvp.models import Rsvp, RsvpTicket
from rsvp.recounts import tally_differences
from rsvp.services import leave_event
from tests.invariants import check_invariants
from tests.rsvp.ticketed import buy, offer

pytestmark = [pytest.mark.both, pytest.mark.django_db]


@pytest.fixture
def sold(event: Event, ada: User, sam: User) -> Event:
    """Create an event where Ada has two VIP tickets and a code, and Sam waits for two."""
    vip = offer(event, 3, name="VIP")
    offer(event, 9, name="Secret", is_hidden=True)
    DiscountCode.objects.create(event=event, code="FRIENDS")
    buy(event, ada, {vip.pk: 2}, code="friends")
    buy(event, sam, {vip.pk: 2})
    return event


def _differences() -> dict[str, tuple[int | None, int | None]]:
    return {found.field: (found.tally, found.rows) for found in tally_differences()}


def test_true_counts_differ_nowhere(sold: Event) -> None:
    assert Tally.objects.get(pk=sold.pk).tickets_left == 1
    check_invariants()


def test_type_without_a_limit_has_no_count_of_tickets_left(sold: Event, ada: User) -> None:
    offer(sold, name="Regular")
    leave_event(event_id=sold.pk, attendee=ada)
    assert Tally.objects.get(pk=sold.pk).tickets_left is None
    check_invariants()


@pytest.mark.parametrize(
    ("model", "change", "field", "counts"),
    [
        (TypeTally, {"taken": 3}, "taken of ticket type {}", (3, 2)),
        (Tally, {"held": 1, "max_attendees": 9}, "held", (1, 0)),
        (Tally, {"tickets_left": 2}, "tickets_left", (2, 1)),
        (Tally, {"tickets_left": None}, "tickets_left", (None, 1)),
        (Tally, {"has_ticket_types": False}, "has_ticket_types", (0, 2)),
        (DiscountCode, {"used": 2}, "used of code FRIENDS", (2, 1)),
        (Rsvp, {"guests": 0}, "people with tickets of RSVP {}", (1, 2)),
        (Rsvp, {"status": "interested"}, "people with tickets of RSVP {}", (0, 2)),
        (RsvpTicket, {"line_no": 7}, "misplaced tickets of RSVP {}", (0, 1)),
    ],
    ids=[
        "taken", "held", "tickets left", "tickets left unlimited", "has types", "code", "people",
        "status", "place",
    ],
)  # fmt: skip
def test_count_that_differs_is_found(
    sold: Event, ada: User, model: Any, change: Any, field: str, counts: Any
) -> None:
    first = model.objects.order_by("pk")[0].pk  # of the VIP tickets, and of Ada's party
    model.objects.filter(pk=first).update(**change)
    assert (
        _differences()[field.format(first if model in (TypeTally, Rsvp) else _adas(ada))] == counts
    )


def _adas(ada: User) -> int:
    return Rsvp.objects.get(user=ada).pk


def test_party_that_could_have_tickets_breaks_an_invariant(sold: Event) -> None:
    """Sam waits for two tickets, and one is free."""
    TypeTally.objects.filter(quantity=3).update(quantity=4)
    Tally.objects.update(max_attendees=9, tickets_left=2)
    with pytest.raises(AssertionError, match="waits for free tickets"):
        check_invariants()
