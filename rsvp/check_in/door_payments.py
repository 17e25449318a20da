"""The ticket type of a walk-in, and whether it was paid at check-in."""

from dataclasses import dataclass

from core.errors import BadValue
from events.models import Tally, TicketType
from rsvp.exceptions import NoSeatForWalkIn, PaymentNeeded
from rsvp.services.ticket_line import gets_in
from rsvp.services.ticket_stock import stock_of


@dataclass(frozen=True)
class DoorPayment:
    """The ticket type that the check-in staff chose, if any, and whether they took money."""

    ticket_type: int | None = None
    is_paid: bool = False

    def choose_type(self, tally: Tally, people: int, *, is_waitlist_open: bool) -> TicketType:
        """Return the chosen type; by default the first free one, then the first with a price.

        Before the start, waiting parties are not overtaken. Raises NoSeatForWalkIn, PaymentNeeded
        for tickets with a price that are not paid, and BadValue (`does_not_exist`).
        """
        stock = stock_of(tally)
        types = sorted(stock.types(), key=lambda offer: (offer.is_hidden, offer.position, offer.pk))
        if self.ticket_type is not None:
            types = [offer for offer in types if offer.pk == self.ticket_type]
            if not types:
                raise BadValue(
                    "ticket_type", "does_not_exist", "This event has no such ticket type."
                )
        available = [
            offer
            for offer in types
            if stock.has_room_for({offer.pk: people})
            and (not is_waitlist_open or gets_in(tally, {offer.pk: people}))
        ]
        if not available:
            raise NoSeatForWalkIn
        free = next((offer for offer in available if not offer.price), None)
        if free is None and not self.is_paid:
            raise PaymentNeeded
        return free or available[0]


UNPAID = DoorPayment()
