"""What the tickets of a party cost, and what it gets back for them."""

from collections.abc import Iterable

from accounts.models import User
from events.models import DiscountCode, Tally
from payments.services.checkout import Line
from payments.services.returns import return_tickets
from rsvp.models import Rsvp, RsvpChange
from rsvp.services.ticket_stock import Stock, Tickets, tickets_of


def bill_of(stock: Stock, tickets: Tickets, code: DiscountCode | None) -> list[Line]:
    """Return a line for each type, at its present price, less the discount of the code.

    The discount is shared out by the prices of the lines, to the cent.
    """
    prices = {type_id: stock.price_of(type_id) for type_id in sorted(tickets)}
    total = sum(prices[type_id] * tickets[type_id] for type_id in prices)
    discount = _discount(total, code)
    lines, so_far = [], 0
    for type_id, price in prices.items():
        amount = price * tickets[type_id]
        share = _share(discount, so_far + amount, total) - _share(discount, so_far, total)
        lines.append(Line(type_id, tickets[type_id], price, share))
        so_far += amount
    return lines


def total_of(lines: list[Line]) -> int:
    return sum(line.quantity * line.unit_amount - line.discount for line in lines)


def refund_returned(changes: Iterable[tuple[Tally, RsvpChange | None]], *, by: User) -> None:
    """Set `refund` of parties that gave tickets back, if the terms of their payment allow one.

    Call it after the changes, under the locks of the tallies. Only parties that had tickets cost
    statements.
    """
    parties = {
        change.rsvp_id: change.rsvp
        for tally, change in changes
        if change and tally.has_ticket_types and change.from_status == Rsvp.Status.GOING
    }
    if parties:
        kept = {rsvp_id: tickets_of(rsvp) for rsvp_id, rsvp in parties.items()}
        for rsvp_id, refund in return_tickets(kept, by=by).items():
            parties[rsvp_id].refund = refund


def _discount(total: int, code: DiscountCode | None) -> int:
    """Return the discount on a total; percentages are rounded half up to the minor unit."""
    if code is None:
        return 0
    if code.percent_off:
        return (total * code.percent_off + 50) // 100
    return min(code.amount_off or 0, total)


def _share(discount: int, part: int, total: int) -> int:
    return discount * part // total if total else 0
