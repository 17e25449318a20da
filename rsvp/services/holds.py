"""Seats that are held while their payment is awaited, and what its end does to them.

A hold counts against the seats as long as it can be paid. `payments` decides when that is over, and
tells it inside of its transaction, with the event's tally locked (docs/adr/0035).
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from core.database.rows import brief_transaction
from core.errors import RuleBroken
from events.models import Event, Tally
from events.services.tallies import lock_tally
from payments.exceptions import SeatsGone, UnknownProvider
from payments.gateways.base import ProviderError
from payments.models import Payment
from payments.services.cancelled_events import EVENT_OFF
from payments.services.checkout import Line, create_payment, current_payment, open_checkout
from payments.services.closing import cancel_payment, replace, request_cancel
from payments.services.returns import return_all
from rsvp.exceptions import HoldNotEnded, JustPaid
from rsvp.messages.receipts import send_receipt, send_unpaid
from rsvp.models import Rsvp
from rsvp.services.promotions import is_closed
from rsvp.services.seats import promote_waiting, save_change
from rsvp.services.ticket_line import gets_in
from rsvp.services.ticket_stock import Tickets, stock_of, tickets_of

Status = Rsvp.Status
T = TypeVar("T")
# Ends that the person did not ask for.
_UNPAID = (Payment.Status.EXPIRED, Payment.Status.FAILED)


def start_hold(
    tally: Tally, rsvp: Rsvp, lines: list[Line], *, provider: str, until: datetime | None = None
) -> Payment:
    """Write the payment of a party whose seats were just held. Raises as `create_payment` does.

    `until` is the end of the hold that this one replaces.
    """
    lasts = timedelta(minutes=settings.PAYMENT_HOLD_MINUTES)
    return create_payment(
        event=rsvp.event,
        payer=rsvp.user,
        rsvp_id=rsvp.pk,
        lines=lines,
        currency=stock_of(tally).currency(),
        provider=provider,
        expires_at=until or timezone.now() + lasts,
    )


def payment_page(rsvp: Rsvp) -> Payment | None:
    """Return the payment of a hold with its page, outside of a transaction; None without a hold.

    Raises PaymentProviderUnavailable and PaymentRefused.
    """
    if rsvp.status != Status.PENDING_PAYMENT:
        return None
    payment = current_payment(rsvp.pk)
    return open_checkout(payment.pk) if payment and payment.is_open else None


class HoldMustEnd(HoldNotEnded):
    """The person holds seats whose payment must end first, outside of a transaction."""


def without_hold(event_id: int, attendee: User, act: Callable[[], T]) -> T:
    """Act in a transaction, after the end of the person's hold if that is in the way.

    Raises JustPaid and HoldNotEnded; the latter also if the person holds seats again meanwhile.
    """
    try:
        with brief_transaction():
            return act()
    except HoldMustEnd:
        end_hold(event_id=event_id, attendee=attendee)
    with brief_transaction():
        return act()


def end_hold(*, event_id: int, attendee: User) -> None:
    """End the hold that the person had a moment ago, outside of a transaction.

    The provider closes its page first, because the seats must not be given on while it can be paid.
    Raises JustPaid if it was, so that nobody gives up paid seats unknowingly; and HoldNotEnded if
    the provider does not respond. The hold is ended in the background then.
    """
    rsvp = Rsvp.objects.get(event=event_id, user=attendee)
    payment = current_payment(rsvp.pk)
    if payment is not None:
        request_cancel(payment)
        try:
            cancel_payment(payment.pk)
        except (ProviderError, UnknownProvider) as error:
            raise HoldNotEnded from error
        rsvp.refresh_from_db(fields=["status"])
    if rsvp.status == Status.GOING:
        raise JustPaid
    if rsvp.status == Status.PENDING_PAYMENT:  # the bank needs days for a payment that was made
        raise HoldNotEnded


def replace_hold(
    payment: Payment, *, keeps_tickets: bool, take: Callable[[datetime | None], T]
) -> T:
    """Have the provider close the page of a hold, then `take` its seats in one transaction.

    Nobody who waits gets the seats in between. `take` gets the end of the hold, so that seats can't
    be held for ever; or None if the hold has ended by itself, or another request has replaced it.
    Outside of a transaction. Raises HoldNotEnded if the provider does not respond; the hold stays
    then, and the next request makes a new page. Unless the party keeps its tickets, also raises it
    while a bank is working on the payment, and JustPaid.
    """
    taken: list[T] = []

    def take_after(ended: Payment) -> None:
        if not (ended.is_ended or keeps_tickets):
            raise JustPaid() if ended.paid_at else HoldNotEnded()
        is_ours = ended.status == Payment.Status.CANCELLED and not current_payment(ended.rsvp_id)
        taken.append(take(ended.expires_at if is_ours else None))

    try:
        replace(payment.pk, take_after)
    except (ProviderError, UnknownProvider) as error:
        raise HoldNotEnded from error
    except RuleBroken:
        request_cancel(payment)  # others were faster, and its page is closed
        raise
    return taken[0]


def give_seats(payment: Payment, *, is_late: bool) -> None:
    """Make a paid hold a seat. Money that came too late takes free seats, or goes back.

    All of it goes back if the event was cancelled or deleted meanwhile.
    """
    tally, rsvp = _locked(payment)
    is_held = _is_held(rsvp, payment)
    if _is_off(rsvp.event):
        if is_held:
            _change(tally, rsvp, Status.CANCELLED, {})
        return_all(payment, reason=EVENT_OFF)
    elif is_held:
        _change(tally, rsvp, Status.GOING, tickets_of(rsvp))
    elif not is_late or not _take_again(tally, rsvp, payment, Status.GOING):
        return_all(payment, reason="The seats were no longer free.")


def hold_again(payment: Payment) -> None:
    """Take the seats of an approved payment, before its money is taken. Raises SeatsGone."""
    tally, rsvp = _locked(payment)
    if _is_held(rsvp, payment) and not _is_off(rsvp.event):
        return
    if not _take_again(tally, rsvp, payment, Status.PENDING_PAYMENT):
        raise SeatsGone


def free_seats(payment: Payment) -> None:
    """End the hold of a payment that will not be paid; its seats go to waiting parties.

    The party gets a message, unless it has left itself or the event does not take place.
    """
    tally, rsvp = _locked(payment)
    if _is_held(rsvp, payment):
        change = save_change(tally, rsvp, Status.CANCELLED, rsvp.guests)
        if change and payment.status in _UNPAID and not _is_off(rsvp.event):
            send_unpaid(rsvp, change, payment)
        promote_waiting([(tally, rsvp.event)])


def _locked(payment: Payment) -> tuple[Tally, Rsvp]:
    tally = lock_tally(payment.event_id)
    rsvp = Rsvp.objects.select_related("event", "user", "code").get(pk=payment.rsvp_id)
    return tally, rsvp


def _is_held(rsvp: Rsvp, payment: Payment) -> bool:
    """Return whether the RSVP's hold belongs to this payment, and not to another one.

    Every hold has one payment that has not ended. It need not be the last: an earlier one is open
    again when its order is approved late.
    """
    if rsvp.status != Status.PENDING_PAYMENT:
        return False
    others = Payment.objects.of_rsvp(rsvp.pk).unended().exclude(pk=payment.pk)
    return not others.exists()


def _take_again(tally: Tally, rsvp: Rsvp, payment: Payment, status: Status) -> bool:
    """Give the payment's tickets to a party without seats, if nobody is overtaken."""
    tickets: Tickets = {}
    for type_id, quantity in payment.lines.values_list("ticket_type", "quantity"):
        tickets[type_id] = tickets.get(type_id, 0) + quantity
    is_free = rsvp.status in (Status.CANCELLED, Status.INTERESTED) and rsvp.is_confirmed
    if not is_free or is_closed(rsvp.event, timezone.now()) or not gets_in(tally, tickets):
        return False
    _change(tally, rsvp, status, tickets)
    return True


def _is_off(event: Event) -> bool:
    return event.is_hidden or event.is_cancelled


def _change(tally: Tally, rsvp: Rsvp, status: Status, tickets: Tickets) -> None:
    guests = sum(tickets.values()) - 1 if tickets else rsvp.guests
    change = save_change(tally, rsvp, status, guests, tickets=tickets or None)
    if change:
        send_receipt(rsvp, change, rsvp.event)
