"""The tickets of an event's types: how many are free, and which party has how many."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from core.database import rows
from events.models import Tally, TicketType, TypeTally
from events.services.ticket_types import sum_of_left
from rsvp.models import Rsvp, RsvpTicket

Tickets = dict[int, int]  # the quantity by the ID of the ticket type


class Stock:
    """The ticket types of one event, under the lock of its tally."""

    def __init__(self, tally: Tally, tallies: Iterable[TypeTally]) -> None:
        self._tally = tally
        self._tallies = {row.pk: row for row in tallies}
        self._changed: dict[int, TypeTally] = {}

    def types(self) -> list[TicketType]:
        return [row.ticket_type for row in self._tallies.values()]

    def price_of(self, type_id: int) -> int:
        return self._tallies[type_id].ticket_type.price

    def closing_of(self, type_id: int) -> datetime | None:
        """Return when the sale of a type ends."""
        return self._tallies[type_id].ticket_type.sales_close_at

    def currency(self) -> str:
        """Return the currency of all types that have one; empty if none has."""
        return next((offer.currency for offer in self.types() if offer.currency), "")

    def free(self) -> dict[int, int | None]:
        """Return the number of free tickets of each type; None without a limit."""
        return {type_id: row.left for type_id, row in self._tallies.items()}

    def has_room_for(self, tickets: Tickets) -> bool:
        return all(has_room(self._tallies[pk].left, number) for pk, number in tickets.items())

    def can_ever_hold(self, tickets: Tickets) -> bool:
        return all(has_room(self._tallies[pk].quantity, number) for pk, number in tickets.items())

    def move(self, before: Tickets, after: Tickets) -> None:
        """Replace the tickets of a party with a seat; `save` writes the counts."""
        for pk in before.keys() | after.keys():
            if difference := after.get(pk, 0) - before.get(pk, 0):
                self._tallies[pk].taken += difference
                self._changed[pk] = self._tallies[pk]
        self._tally.tickets_left = sum_of_left(self._tallies.values())

    def save(self) -> None:
        rows.update([self._changed[pk] for pk in sorted(self._changed)], ("taken",))
        self._changed = {}


def has_room(left: int | None, number: int) -> bool:
    """Return whether `left`, which is None without a limit, is enough."""
    return left is None or number <= left


def stock_of(tally: Tally) -> Stock:
    """Return the stock of a locked tally, the same one each time.

    The tallies of the types are locked in ascending order of their IDs.
    """
    stock: Stock | None = vars(tally).get("_stock")
    if stock is None:
        tallies = TypeTally.objects.filter(ticket_type__event=tally.pk).order_by("pk")
        locked = tallies.select_related("ticket_type").select_for_update(of=("self",))
        stock = vars(tally)["_stock"] = Stock(tally, locked)
    return stock


def tickets_of(rsvp: Rsvp) -> Tickets:
    """Return the tickets that a party has or waits for, read once under the lock."""
    tickets: Tickets | None = vars(rsvp).get("_tickets")
    if tickets is None:
        sold = RsvpTicket.objects.filter(rsvp=rsvp.pk).order_by("ticket_type")
        tickets = dict(sold.values_list("ticket_type", "quantity")) if rsvp.pk else {}
        vars(rsvp)["_tickets"] = tickets
    return tickets


def set_tickets(rsvp: Rsvp, tickets: Tickets) -> None:
    """Give a party these tickets; `save_tickets` writes them."""
    had_tickets = bool(tickets_of(rsvp))
    vars(rsvp).update(_tickets=tickets, _had_tickets=had_tickets, has_tickets=bool(tickets))


def save_tickets(rsvps: Sequence[Rsvp]) -> None:
    """Write the tickets that `set_tickets` gave to these parties, which are saved."""
    changed = [rsvp for rsvp in rsvps if "_had_tickets" in vars(rsvp)]
    former = [rsvp for rsvp in changed if vars(rsvp).pop("_had_tickets")]
    if former:
        RsvpTicket.objects.filter(rsvp__in=former).delete()
    rows.insert(
        [
            RsvpTicket(rsvp=rsvp, ticket_type_id=type_id, quantity=quantity, line_no=rsvp.line_no)
            for rsvp in changed
            for type_id, quantity in tickets_of(rsvp).items()
        ]
    )


def resized(tickets: Tickets, party: int) -> Tickets:
    """Return the tickets of a party that became smaller: it gives the last types back first."""
    kept = dict(tickets)
    surplus = sum(kept.values()) - party
    for type_id in sorted(kept, reverse=True):
        dropped = min(surplus, kept[type_id])
        kept[type_id] -= dropped
        surplus -= dropped
    return {type_id: quantity for type_id, quantity in kept.items() if quantity}


def growth(before: Tickets, after: Tickets) -> Tickets:
    """Return the tickets that a change adds."""
    added = {pk: number - before.get(pk, 0) for pk, number in after.items()}
    return {pk: number for pk, number in added.items() if number > 0}
