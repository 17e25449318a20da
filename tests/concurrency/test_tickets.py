"""Tickets of several types under load, each test beside a control without the guard."""

import random
from functools import partial

import pytest
from django.db import IntegrityError
from django.db.models import QuerySet

from accounts.models import User
from events.models import DiscountCode, Event, Tally, TypeTally
from rsvp.models import Rsvp, RsvpTicket
from rsvp.services import leave_event, rsvps
from rsvp.services.under_lock import snapshot
from tests.concurrency.rush import CONTROL_ROUNDS, Rush, rounds_of, rush_of
from tests.factories import EventFactory, people
from tests.invariants import check_invariants
from tests.rsvp.ticketed import buy, offer

pytestmark = [
    pytest.mark.real,
    pytest.mark.django_db(transaction=True),
]
CROWD = 16


def round_of(rush: Rush, crowd: list[User], seed: int) -> Event:
    """Have everybody buy random tickets at once, then half of them leave while others change."""
    dice = random.Random(seed)
    event = EventFactory.create(max_attendees=12)
    types = [offer(event, quantity).pk for quantity in (4, 6, None)]

    def tickets() -> dict[int, int]:
        chosen = dice.sample(types, dice.randint(1, 2))
        return {pk: dice.randint(1, 2) for pk in chosen}

    rush([partial(buy, event, person, tickets()) for person in crowd])
    leave = [partial(leave_event, event_id=event.pk, attendee=person) for person in crowd[::2]]
    rush([*leave, *(partial(buy, event, person, tickets()) for person in crowd[1::2])])
    return event


def is_right(event: Event) -> bool:
    """Return whether the counts are those of the rows, and nobody waits for free tickets."""
    tally = Tally.objects.get(pk=event.pk)
    going = Rsvp.objects.filter(event=event, status="going")
    sold = RsvpTicket.objects.filter(rsvp__in=going)
    for type_tally in TypeTally.objects.filter(ticket_type__event=event):
        quantities = sold.filter(ticket_type=type_tally.pk).values_list("quantity", flat=True)
        if type_tally.taken != sum(quantities):
            return False
    is_whole = all(
        sum(ticket.quantity for ticket in rsvp.tickets.all()) == rsvp.party
        for rsvp in Rsvp.objects.filter(event=event, status__in=["going", "waitlisted"])
    )
    return is_whole and tally.going == going.people()


class TestParties:
    def test_counts_are_true_and_nobody_waits_for_free_tickets(self) -> None:
        crowd = people(CROWD)
        with rush_of(CROWD) as rush:
            for seed in rounds_of(100):
                assert is_right(round_of(rush, crowd, seed))
        check_invariants()

    def test_control_without_the_lock(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rsvps, "lock_and_read", snapshot)
        crowd = people(CROWD)
        with rush_of(CROWD) as rush:
            assert any(not is_right(round_of(rush, crowd, seed)) for seed in range(CONTROL_ROUNDS))


class TestCodes:
    def use_at_once(self, rush: Rush, crowd: list[User]) -> tuple[int, int, int]:
        """Return how often a code was used, its RSVPs, and the errors of the database."""
        event = EventFactory.create()
        ticket_type = offer(event)
        code = DiscountCode.objects.create(event=event, code="THREE", max_uses=3)
        tickets = {ticket_type.pk: 1}
        outcomes = rush([partial(buy, event, person, tickets, code="three") for person in crowd])
        code.refresh_from_db()
        errors = [outcome for outcome in outcomes if isinstance(outcome, IntegrityError)]
        return code.used, code.rsvps.count(), len(errors)

    def test_code_is_used_as_often_as_it_can_be(self) -> None:
        crowd = people(CROWD)
        with rush_of(CROWD) as rush:
            for _ in rounds_of(50):
                assert self.use_at_once(rush, crowd) == (3, 3, 0)

    def test_control_hits_the_check_without_the_locks(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rsvps, "lock_and_read", snapshot)
        monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_: rows)
        crowd = people(CROWD)
        with rush_of(CROWD) as rush:
            rounds = (self.use_at_once(rush, crowd) for _ in range(CONTROL_ROUNDS))
            assert any(result != (3, 3, 0) for result in rounds)
