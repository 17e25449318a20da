"""What the tickets of a party cost, and what it gets back for them."""

from collections.abc import Iterable

from accounts.models import User
from core import money
from events.models import DiscountCode, Tally
from payments.services.checkout import Line
from payments.services.returns import return_tickets
from rsvp.models import Rsvp, RsvpChange
from rsvp.services.ticket_stock import Stock, Tickets, tickets_of


def bill_of(stock: Stock, tickets: Tickets, code: DiscountCode | None) -> list[Line]:
    """Return a line for each type, at its present price, less the discount of the code.

    The discount is shared out by the prices of the lines, to the unit that can be charged.
    """
    prices = {type_id: stock.price_of(type_id) for type_id in sorted(tickets)}
    total = sum(prices[type_id] * tickets[type_id] for type_id in prices)
    unit = _unit(stock.currency(), prices.values())
    discount = _discount(total, code, unit)
    lines, so_far = [], 0
    for type_id, price in prices.items():
        before = _share(discount, so_far, total, unit)
        so_far += price * tickets[type_id]
        share = _share(discount, so_far, total, unit) - before
        lines.append(Line(type_id, tickets[type_id], price, share))
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


def _unit(currency: str, prices: Iterable[int]) -> int:
    """Return the amount whose multiples can be charged, as these prices can."""
    step = money.step(currency)
    return step if all(price % step == 0 for price in prices) else 1


def _discount(total: int, code: DiscountCode | None, unit: int) -> int:
    """Return the discount on a total, in multiples of the unit.

    Percentages are rounded half up to the minor unit, and what can't be charged then is a gift to
    the buyer, who could not help it.
    """
    if code is None:
        return 0
    if code.percent_off:
        discount = (total * code.percent_off + 50) // 100
    else:
        discount = min(code.amount_off or 0, total)
    return -(-discount // unit) * unit


def _share(discount: int, part: int, total: int, unit: int) -> int:
    return discount * part // total // unit * unit if total else 0
