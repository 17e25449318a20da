"""Promotions from the waitlist: seats, or an offer of seats that must be paid."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from events.models import Event, Tally
from payments.services.checkout import Line, create_payment
from rsvp.models import Rsvp, RsvpChange, RsvpTicket
from rsvp.services.bills import bill_of, total_of
from rsvp.services.counts import count, history_row
from rsvp.services.ticket_line import serve
from rsvp.services.ticket_stock import Stock, stock_of
from rsvp.services.under_lock import read_rsvps, read_waiting

Status = Rsvp.Status


def promote(tally: Tally, event: Event) -> list[RsvpChange]:
    """Promote the first parties that fit; return their history. The caller saves everything."""
    now = timezone.now()
    promotions: list[RsvpChange] = []
    if not _may_move(tally, event, now):
        return promotions
    if tally.has_ticket_types:
        return _promote_with_tickets(tally, event, now)
    for change_id, rsvp in read_waiting(tally):
        if not tally.has_room_for(rsvp.party):
            break
        promotions.append(_seat(tally, event, rsvp, change_id, now))
    return promotions


def is_closed(event: Event, now: datetime) -> bool:
    """Return whether the waitlist is closed: nobody is promoted any more."""
    return event.is_hidden or event.is_cancelled or event.has_started(now)


def _may_move(tally: Tally, event: Event, now: datetime) -> bool:
    has_waiting = tally.waiting > tally.passed_over
    return has_waiting and tally.has_room_for(1) and not is_closed(event, now)


def _promote_with_tickets(tally: Tally, event: Event, now: datetime) -> list[RsvpChange]:
    """Do as `promote`; each party waits for its own types."""
    seated = serve(tally)
    stock = stock_of(tally)
    promotions: list[RsvpChange] = []
    for change_id, rsvp in read_rsvps(list(seated)):
        lines = bill_of(stock, seated[rsvp.pk], rsvp.code)
        status = Status.PENDING_PAYMENT if total_of(lines) else Status.GOING
        promotions.append(_seat(tally, event, rsvp, change_id, now, status))
        stock.move({}, seated[rsvp.pk])
        if status == Status.PENDING_PAYMENT:
            rsvp.pay_by = _offer(stock, rsvp, lines, now)
    if promotions:
        RsvpTicket.objects.filter(rsvp__in=seated).update(line_no=None)
    return promotions


def _seat(
    tally: Tally,
    event: Event,
    rsvp: Rsvp,
    change_id: int | None,
    now: datetime,
    status: Status = Status.GOING,
) -> RsvpChange:
    count(tally, rsvp, -1)
    rsvp.event, rsvp.status, rsvp.line_no, rsvp.updated_at = event, status, None, now
    rsvp.has_tickets = tally.has_ticket_types
    count(tally, rsvp, +1)
    return history_row(rsvp, Status.WAITLISTED, now, change_id)


def _offer(stock: Stock, rsvp: Rsvp, lines: list[Line], now: datetime) -> datetime:
    """Write the payment of a promoted party; return until when it can be paid.

    Its provider is chosen when the party comes to pay. Otherwise one that is off, or can't charge
    this amount, would refuse the request of whoever has just freed the seats.
    """
    closes_at = [at for line in lines if (at := stock.closing_of(line.ticket_type_id))]
    latest = min([now + timedelta(hours=settings.OFFER_HOURS), rsvp.event.start_time, *closes_at])
    payment = create_payment(
        event=rsvp.event,
        payer=rsvp.user,
        rsvp_id=rsvp.pk,
        lines=lines,
        currency=stock.currency(),
        provider=None,
        expires_at=max(latest, now + timedelta(minutes=settings.PAYMENT_HOLD_MINUTES)),
    )
    return payment.expires_at
