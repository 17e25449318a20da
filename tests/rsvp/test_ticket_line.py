"""Random parties with tickets: a plain model of the waitlist decides the same."""

from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import RuleBroken
from events.models import Tally, TypeTally
from rsvp.models import Rsvp
from rsvp.services import leave_event
from tests.factories import EventFactory, people
from tests.rsvp.ticketed import Tickets, buy, offer, parties

pytestmark = [pytest.mark.both, pytest.mark.django_db]

PEOPLE, TYPES = 7, 3
Quantity = st.one_of(st.none(), st.integers(1, 6))
Party = st.dictionaries(st.integers(0, TYPES - 1), st.integers(1, 4), min_size=1).filter(
    lambda party: sum(party.values()) <= 10
)
Step = st.tuples(st.integers(0, PEOPLE - 1), st.one_of(st.none(), Party))


class PlainLine:
    """Who has seats and who waits, decided by walking the whole line with every change."""

    def __init__(self, limit: int | None, quantities: list[int | None]) -> None:
        self.limit, self.quantities = limit, quantities
        self.seated: dict[int, Tickets] = {}
        self.line: list[tuple[int, Tickets]] = []

    def left(self, kind: int) -> float:
        quantity = self.quantities[kind]
        if quantity is None:
            return float("inf")
        return quantity - sum(party.get(kind, 0) for party in self.seated.values())

    def seats(self) -> float:
        if self.limit is None:
            return float("inf")
        return self.limit - sum(sum(party.values()) for party in self.seated.values())

    def fits_at_all(self, party: Tickets) -> bool:
        if self.limit is not None and sum(party.values()) > self.limit:
            return False
        limits = ((self.quantities[kind], number) for kind, number in party.items())
        return all(quantity is None or number <= quantity for quantity, number in limits)

    def serve(self) -> None:
        while self._serve_once():
            pass

    def _serve_once(self) -> bool:
        wanted_by_earlier: set[int] = set()
        is_anybody_seated = False
        for person, party in list(self.line):
            if any(self.left(kind) == 0 for kind in party):
                continue
            short = {kind for kind, number in party.items() if self.left(kind) < number}
            wanted_by_earlier |= short
            if short or wanted_by_earlier & party.keys():
                continue
            if self.seats() < sum(party.values()):
                break
            self.line.remove((person, party))
            self.seated[person] = party
            is_anybody_seated = True
        return is_anybody_seated

    def join(self, person: int, party: Tickets) -> bool:
        """Return whether the request is accepted."""
        before = self.seated.get(person) or dict(self.line).get(person)
        if not self.fits_at_all(party) and before != party:
            return False
        if person in self.seated:
            return self._change_seats(person, party)
        grows = before is not None and any(
            number > before.get(kind, 0) for kind, number in party.items()
        )
        place = [waiting for waiting, _ in self.line]
        if before is None or grows:
            self.line = [(who, theirs) for who, theirs in self.line if who != person]
            self.line.append((person, party))
        else:
            self.line[place.index(person)] = (person, party)
        self.serve()
        return True

    def _change_seats(self, person: int, party: Tickets) -> bool:
        before = self.seated[person]
        added = {
            kind: number - before.get(kind, 0)
            for kind, number in party.items()
            if number > before.get(kind, 0)
        }
        if added and not self._could_add(added, sum(party.values()) - sum(before.values())):
            return False
        self.seated[person] = party
        self.serve()
        return True

    def _could_add(self, added: Tickets, seats: int) -> bool:
        blocked: set[int] = set()
        for _, party in self.line:
            if any(self.left(kind) == 0 for kind in party):
                continue
            short = {kind for kind, number in party.items() if self.left(kind) < number}
            blocked |= short
            if not short and not blocked & party.keys():
                # It waits for the event's own seats, and so does everybody behind it.
                return seats <= 0 and self._is_free(added, blocked)
        return self._is_free(added, blocked) and max(seats, 0) <= self.seats()

    def _is_free(self, added: Tickets, blocked: set[int]) -> bool:
        has_room = all(self.left(kind) >= number for kind, number in added.items())
        return has_room and not blocked & added.keys()

    def leave(self, person: int) -> None:
        self.seated.pop(person, None)
        self.line = [(who, party) for who, party in self.line if who != person]
        self.serve()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    limit=st.one_of(st.none(), st.integers(1, 12)),
    quantities=st.lists(Quantity, min_size=TYPES, max_size=TYPES),
    steps=st.lists(Step, min_size=3, max_size=25),
)
def test_random_parties_get_what_a_plain_model_gives_them(
    limit: int | None, quantities: list[int | None], steps: list[Any]
) -> None:
    with transaction.atomic():
        event, crowd = EventFactory.create(max_attendees=limit), people(PEOPLE)
        kinds = [offer(event, quantity).pk for quantity in quantities]
        model = PlainLine(limit, quantities)
        for who, party in steps:
            if party is None:
                is_here = who in model.seated or who in dict(model.line)
                if is_here:
                    leave_event(event_id=event.pk, attendee=crowd[who])
                model.leave(who)
            else:
                is_accepted = True
                try:
                    buy(event, crowd[who], {kinds[kind]: n for kind, n in party.items()})
                except RuleBroken:
                    is_accepted = False
                assert is_accepted == model.join(who, party)
            _compare(event, crowd, kinds, model)
        transaction.set_rollback(True)


def _compare(event: Any, crowd: list[Any], kinds: list[int], model: PlainLine) -> None:
    def translated(party: Tickets) -> Tickets:
        return {kinds[kind]: number for kind, number in party.items()}

    assert parties(event, "going") == {
        crowd[who].pk: translated(party) for who, party in model.seated.items()
    }
    waiting = parties(event, "waitlisted")
    assert list(waiting.items()) == [
        (crowd[who].pk, translated(party)) for who, party in model.line
    ]
    for kind, tally in zip(
        range(TYPES), TypeTally.objects.filter(pk__in=kinds).order_by("pk"), strict=True
    ):
        assert tally.taken == sum(party.get(kind, 0) for party in model.seated.values())
    left = [model.left(kind) for kind in range(TYPES)]
    shown = None if float("inf") in left else sum(left)
    assert Tally.objects.get(pk=event.pk).tickets_left == shown
    positions = {
        rsvp.user_id: rsvp.waitlist_position
        for rsvp in Rsvp.objects.waiting().filter(event=event).with_position()
    }
    assert positions == {
        crowd[who].pk: sum(
            bool(theirs.keys() & party.keys()) for _, theirs in model.line[: number + 1]
        )
        for number, (who, party) in enumerate(model.line)
    }
