"""Seats: who gets one and who waits. `promotions` says who is next.

Every write locks the event's tally first, and reads what the decision depends on in a later
statement (docs/adr/0002). Every party joins the waitlist, then the waitlist is served in its
order: nobody overtakes, and parties are seated whole.
"""

from collections.abc import Iterable, Sequence

from django.db.models import Q
from django.utils import timezone

from core.database import rows
from events.models import Event, Tally, TicketType
from rsvp.exceptions import (
    HasArrived,
    NoSeatsToAdd,
    NoTicketsToAdd,
    PartyTooLarge,
    TooManyTickets,
)
from rsvp.messages.receipts import send_promotions, send_too_large, send_too_many_tickets
from rsvp.models import HAS_PLACE, HAS_SEATS, Rsvp, RsvpChange
from rsvp.services.counts import COUNTS, count, history_row
from rsvp.services.promotions import is_closed, promote
from rsvp.services.ticket_line import gets_in
from rsvp.services.ticket_requests import release_code
from rsvp.services.ticket_stock import (
    Tickets,
    growth,
    resized,
    save_tickets,
    set_tickets,
    stock_of,
    tickets_of,
)

Status = Rsvp.Status


def seats_or_waitlist(
    tally: Tally, rsvp: Rsvp, guests: int, tickets: Tickets | None = None
) -> Status:
    """Return GOING if a party with this many guests gets seats now, otherwise WAITLISTED.

    `tickets` are the party's, at an event with ticket types. Raises PartyTooLarge or
    TooManyTickets, and NoSeatsToAdd or NoTicketsToAdd if a party with seats requests more of them
    than a new party could get.
    """
    if tickets is not None:
        return _tickets_or_waitlist(tally, rsvp, tickets)
    party, seats_held = 1 + guests, rsvp.party if rsvp.status == Status.GOING else 0
    is_repeated = rsvp.status == Status.WAITLISTED and party == rsvp.party
    if not tally.can_ever_hold(party) and not is_repeated:
        raise PartyTooLarge
    # A tally is full as long as a party that fits the limit waits, whatever seats are free.
    gets_in = not tally.is_full and tally.has_room_for(party - seats_held)
    if gets_in or party <= seats_held:
        return Status.GOING
    if seats_held:
        raise NoSeatsToAdd
    return Status.WAITLISTED


def _tickets_or_waitlist(tally: Tally, rsvp: Rsvp, tickets: Tickets) -> Status:
    """Do as `seats_or_waitlist` for a party with tickets."""
    stock, before = stock_of(tally), tickets_of(rsvp)
    party = sum(tickets.values())
    is_repeated = rsvp.status == Status.WAITLISTED and tickets == before
    fits = tally.can_ever_hold(party) and stock.can_ever_hold(tickets)
    if not fits and not is_repeated:
        raise TooManyTickets
    if rsvp.status == Status.WAITLISTED:
        return Status.WAITLISTED  # with other tickets, it may be promoted at once
    if rsvp.status not in HAS_SEATS:
        return Status.GOING if gets_in(tally, tickets) else Status.WAITLISTED
    added = growth(before, tickets)
    if not added or gets_in(tally, added, seats=max(party - rsvp.party, 0)):
        return Status.GOING
    raise NoSeatsToAdd() if stock.has_room_for(added) else NoTicketsToAdd()


def apply_change(
    tally: Tally,
    rsvp: Rsvp,
    status: Status,
    guests: int,
    *,
    was_unconfirmed: bool = False,
    line_no: int | None = None,
    tickets: Tickets | None = None,
) -> RsvpChange | None:
    """Change the RSVP and the counts together; return the history row. The caller saves them.

    A repeated RSVP changes nothing and returns None, unless it confirms a walk-in
    (`was_unconfirmed`). `line_no` restores an earlier place on the waitlist. At an event with
    ticket types, `tickets` are those of the whole party; without them, it keeps its own. Raises
    HasArrived if checked-in people would lose their seats.
    """
    status_before, party_before = rsvp.status, rsvp.party
    before: Tickets = {}
    after: Tickets = {}
    if tally.has_ticket_types:
        before = tickets_of(rsvp)
        if status in HAS_PLACE:
            after = resized(before, 1 + guests) if tickets is None else tickets
    is_repeated = (status_before, rsvp.guests, before) == (status, guests, after)
    if rsvp.pk and not was_unconfirmed and is_repeated:
        return None
    if rsvp.arrived > (1 + guests if status == Status.GOING else 0):
        raise HasArrived
    now = timezone.now()
    count(tally, rsvp, -1)
    if status != Status.WAITLISTED:
        rsvp.line_no = None
    elif line_no is not None:
        rsvp.line_no = line_no
    elif status_before != Status.WAITLISTED or 1 + guests > party_before or growth(before, after):
        rsvp.line_no = tally.next_in_line
        tally.next_in_line += 1
        if tally.waitlist_length is None:
            tally.waitlist_length = Rsvp.objects.waiting_for(tally).exclude(pk=rsvp.pk).count()
    if status_before == Status.GOING != status:
        rsvp.ticket_no += 1
    rsvp.status, rsvp.guests, rsvp.updated_at = status, guests, now
    count(tally, rsvp, +1)
    if before or after:
        _move_tickets(tally, rsvp, status_before, before, after)
    return history_row(rsvp, status_before, now)


def _move_tickets(
    tally: Tally, rsvp: Rsvp, status_before: str, before: Tickets, after: Tickets
) -> None:
    """Give the party these tickets; only those of a party with seats are taken."""
    stock_of(tally).move(
        before if status_before in HAS_SEATS else {},
        after if rsvp.status in HAS_SEATS else {},
    )
    set_tickets(rsvp, after)
    if not after:
        release_code(rsvp)


def save_change(
    tally: Tally,
    rsvp: Rsvp,
    status: Status,
    guests: int,
    *,
    was_unconfirmed: bool = False,
    line_no: int | None = None,
    tickets: Tickets | None = None,
) -> RsvpChange | None:
    """Do as `apply_change`, and save the RSVP, its history and the counts."""
    change = apply_change(
        tally,
        rsvp,
        status,
        guests,
        was_unconfirmed=was_unconfirmed,
        line_no=line_no,
        tickets=tickets,
    )
    if change is not None:
        _save_party(rsvp, change)
        _save([tally], [change])
    return change


def save_and_promote(
    tally: Tally,
    rsvp: Rsvp,
    status: Status,
    guests: int,
    *,
    was_unconfirmed: bool = False,
    tickets: Tickets | None = None,
    ids: tuple[int | None, int | None],
) -> tuple[RsvpChange | None, dict[int, Rsvp]]:
    """Do as `save_change`, then as `promote_waiting`, with the writes of both together.

    `ids` are those of `Reading`, for a new RSVP and for the history.
    """
    change = apply_change(
        tally, rsvp, status, guests, was_unconfirmed=was_unconfirmed, tickets=tickets
    )
    if change is not None:
        _save_party(rsvp, change, ids)
    promotions = promote(tally, rsvp.event)
    changes = [] if change is None else [change]
    if changes or promotions:
        _save([tally], changes, promotions)
    return change, {promotion.rsvp_id: promotion.rsvp for promotion in promotions}


def promote_waiting(waitlists: Iterable[tuple[Tally, Event]]) -> dict[int, Rsvp]:
    """Give free seats to the first parties of each waitlist; return those promoted, by ID.

    The tallies must be locked. It stops at the first party that does not fit, because otherwise
    small parties would keep overtaking a large one. Parties larger than a lowered limit are passed
    over. After the start nobody is promoted. One query for each waitlist that may move; the writes
    of all are done together.
    """
    promotions: list[RsvpChange] = []
    changed: list[Tally] = []
    for tally, event in waitlists:
        if here := promote(tally, event):
            changed.append(tally)
            promotions += here
    _save(changed, promotions=promotions)
    return {promotion.rsvp_id: promotion.rsvp for promotion in promotions}


def set_position(tally: Tally, rsvp: Rsvp) -> None:
    """Set `waitlist_position` of the last party on the waitlist, whose number is the length.

    Call it after the promotions. Positions of others are counted when they are shown.
    """
    is_last = rsvp.line_no == tally.next_in_line - 1 and tally.waitlist_length is not None
    if rsvp.status == Status.WAITLISTED and is_last and not tally.has_ticket_types:
        fits = tally.can_ever_hold(rsvp.party)
        rsvp.waitlist_position = tally.waitlist_length if fits else None


def apply_new_limits(resized: Sequence[tuple[Event, Tally, int | None]]) -> None:
    """Pass over the parties that new limits exclude, notify them, and promote others.

    `resized` has each event with its tally and its former limit. The tallies must be locked.
    """
    now = timezone.now()
    excluded = []
    for event, tally, former_limit in resized:
        if tally.waiting:
            parties = _pass_over(tally, event, former_limit)
            excluded += [] if is_closed(event, now) else parties
    send_too_large(excluded)
    promote_waiting((tally, event) for event, tally, _ in resized)


def apply_new_quantity(event: Event, ticket_type: TicketType, former_quantity: int | None) -> None:
    """Notify the waiting parties that a lower quantity excludes, and promote others.

    A lower one promotes, too: parties that can never be seated keep nobody waiting. The tally of
    the event must be locked.
    """
    quantity = ticket_type.tally.quantity
    if quantity is not None and not is_closed(event, timezone.now()):
        wanted = Q(tickets__ticket_type=ticket_type, tickets__quantity__gt=quantity)
        if former_quantity is not None:
            wanted &= Q(tickets__quantity__lte=former_quantity)
        send_too_many_tickets(Rsvp.objects.waiting_for(event.tally).filter(wanted), ticket_type)
    promote_waiting([(event.tally, event)])


def _pass_over(tally: Tally, event: Event, former_limit: int | None) -> list[Rsvp]:
    """Count the waiting parties above the limit; return those that fitted the former one."""
    limit = tally.max_attendees
    too_large = []
    if limit is not None:
        too_large = list(Rsvp.objects.waiting().filter(event=event, guests__gte=limit))
    passed_over = sum(rsvp.party for rsvp in too_large)
    if passed_over != tally.passed_over:
        tally.passed_over, tally.waitlist_length = passed_over, None
        tally.save(update_fields=["passed_over", "waitlist_length"])
    event.tally = tally
    for rsvp in too_large:
        rsvp.event = event
    return [rsvp for rsvp in too_large if former_limit is None or rsvp.party <= former_limit]


def _save_party(
    rsvp: Rsvp, change: RsvpChange, ids: tuple[int | None, int | None] = (None, None)
) -> None:
    rsvp_id, change.pk = ids
    if rsvp.pk:
        rows.update([rsvp])
    else:
        rsvp.pk = rsvp_id
        rows.insert([rsvp])
        change.rsvp = rsvp
    save_tickets([rsvp])


def _save(
    tallies: Sequence[Tally],
    changes: Sequence[RsvpChange] = (),
    promotions: Sequence[RsvpChange] = (),
) -> None:
    promoted = [promotion.rsvp for promotion in promotions]
    rows.update(promoted, ("status", "line_no", "updated_at"))
    rows.insert([*changes, *promotions])
    rows.update(tallies, COUNTS)
    save_stocks(tallies)
    send_promotions(promoted, promotions)


def save_stocks(tallies: Iterable[Tally]) -> None:
    """Write the counts of ticket types; those of events without types have none."""
    for tally in tallies:
        if tally.has_ticket_types:
            stock_of(tally).save()
