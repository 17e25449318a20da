"""The waitlist of an event with ticket types: who gets seats, and who is overtaken by whom.

Each party waits for its own types, and is seated whole. The line is served in its order:

- A party that wants a sold-out type waits, and blocks nobody.
- A party that wants more tickets of a type than are free waits, and later parties that want the
  same type wait behind it.
- A party whose types are free, but for whom the event has too few seats, ends the service: the
  seats of the event are for everybody.

docs/adr/0034 has the reasons.
"""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from core.database.rows import select
from events.models import Tally
from events.models.ticket_types import MOST_TICKETS
from rsvp.services.ticket_stock import Stock, Tickets, has_room, stock_of

_BATCH = 50
# The next parties that wait for one of these types, each with all of its tickets.
_READ_NEXT = """
SELECT mine.line_no, mine.rsvp_id, mine.ticket_type_id, mine.quantity
FROM (
    SELECT DISTINCT line_no, rsvp_id FROM rsvp_rsvpticket
    WHERE ticket_type_id IN ({types}) AND line_no > %s
    ORDER BY line_no LIMIT %s
) AS next JOIN rsvp_rsvpticket AS mine ON mine.rsvp_id = next.rsvp_id
ORDER BY mine.line_no, mine.ticket_type_id"""


class Service:
    """One walk along the line, which decides about each party that it is offered to.

    `seats` are the free seats of the event, and `free` the free tickets by type; None is no limit.
    """

    def __init__(self, seats: int | None, free: dict[int, int | None]) -> None:
        self.seats, self.free = seats, dict(free)
        self.blocked: set[int] = set()
        self.is_over = seats == 0

    def offer(self, tickets: Tickets, *, seats: int | None = None) -> bool:
        """Return whether the next party gets seats, and take them.

        `seats` is the number that it needs, if it is not the number of its tickets.
        """
        party = sum(tickets.values()) if seats is None else seats
        if (self.is_over and party) or any(self.free[pk] == 0 for pk in tickets):
            return False
        if short := {pk for pk, number in tickets.items() if not has_room(self.free[pk], number)}:
            self.blocked |= short
            return False
        if self.blocked & tickets.keys():
            return False
        if not has_room(self.seats, party):
            self.is_over = True
            return False
        self.seats = None if self.seats is None else self.seats - party
        for pk, number in tickets.items():
            left = self.free[pk]
            self.free[pk] = None if left is None else left - number
        self.is_over = self.seats == 0
        return True

    def open_types(self) -> list[int]:
        """Return the types that a later party could still get, or block."""
        if self.is_over:
            return []
        return [pk for pk, left in self.free.items() if left != 0 and pk not in self.blocked]


def serve(tally: Tally) -> dict[int, Tickets]:
    """Return the waiting parties that get seats now, by the ID of the RSVP, in their order.

    A type that was sold out on the way no longer keeps its parties from being passed, so the line
    is served until nobody gets seats. The caller makes the changes.
    """
    stock = stock_of(tally)
    seats, free = tally.seats_left, stock.free()
    seated: dict[int, Tickets] = {}
    while True:
        service = Service(seats, free)
        found = {
            rsvp_id: tickets
            for rsvp_id, tickets in _waiting(tally, stock, service)
            if rsvp_id not in seated and service.offer(tickets)
        }
        if not found:
            return seated
        seated |= found
        seats, free = service.seats, service.free


def gets_in(tally: Tally, tickets: Tickets, *, seats: int | None = None) -> bool:
    """Return whether a new party gets these tickets, without overtaking anybody.

    It would be the last in line; the line itself has been served. `seats` are those that it needs,
    if it has some already.
    """
    stock = stock_of(tally)
    free = stock.free()
    service = Service(tally.seats_left, free)
    limits = [tally.seats_left, *(free[pk] for pk in tickets)]
    # No party is larger, so nobody in line waits for what is left of these.
    if tally.waiting and not all(has_room(limit, MOST_TICKETS) for limit in limits):
        for _, waiting in _waiting(tally, stock, service):
            service.offer(waiting)
    return service.offer(tickets, seats=seats)


def _waiting(tally: Tally, stock: Stock, service: Service) -> Iterator[tuple[int, Tickets]]:
    """Return the parties in line that matter, read in batches while the service goes on.

    Parties that are larger than a lowered limit are passed over.
    """
    last = 0
    while types := service.open_types():
        sql = _READ_NEXT.format(types=", ".join(["%s"] * len(types)))
        found = select(sql, [*types, last, _BATCH])
        parties = 0
        for (line_no, rsvp_id), lines in groupby(found, key=itemgetter(0, 1)):
            last, parties = line_no, parties + 1
            tickets = {type_id: quantity for _, _, type_id, quantity in lines}
            fits = tally.can_ever_hold(sum(tickets.values())) and stock.can_ever_hold(tickets)
            if fits and not service.is_over:
                yield rsvp_id, tickets
        if parties < _BATCH:
            return
