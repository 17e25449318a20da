"""Receipts for RSVPs, and other messages to one person.

`rsvp.services` calls these functions in the transaction that writes the RSVP.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from django.utils import timezone

from accounts.models import User
from events.models import Event, TicketType
from events.notifications import event_data
from notifications.kinds import NotificationKind
from notifications.services import Notice, notify
from payments.models import Payment
from rsvp.models import Rsvp, RsvpChange
from rsvp.notifications import (
    EVENT_CHANGED,
    PROMOTED,
    RSVP_CANCELLED,
    RSVP_CONFIRMED,
    WAITLISTED,
    ChangeContext,
    ReceiptContext,
)
from rsvp.selectors import tickets_in_words

Status = Rsvp.Status

ReceiptKind = NotificationKind[ReceiptContext]

_KINDS = {Status.GOING: RSVP_CONFIRMED, Status.WAITLISTED: WAITLISTED}
_HOLDS_A_PLACE = {Status.GOING, Status.WAITLISTED}


def send_receipt(
    rsvp: Rsvp, change: RsvpChange, event: Event, *, status_before: str | None = None
) -> None:
    """Write a receipt for a person's RSVP; there is none for `interested`.

    `status_before` is the person's own earlier RSVP if a walk-in covered it. An unconfirmed walk-in
    sends no receipt: otherwise organizers could mail everybody.
    """
    kind = _kind_of(change, change.from_status if status_before is None else status_before)
    if kind is not None and rsvp.is_confirmed:
        tickets = _tickets_of([rsvp])
        notify([_notice(kind, rsvp, change, event, tickets)])


def send_series_receipt(changes: Sequence[tuple[Rsvp, RsvpChange, str]]) -> None:
    """Write one receipt for the RSVPs to a whole series, whose dates come in order.

    It is about the first date with a seat, or otherwise the first of all; the others are counted.
    Each RSVP comes with the person's earlier one.
    """
    receipts = [
        (kind, rsvp, change)
        for rsvp, change, status_before in changes
        if (kind := _kind_of(change, status_before)) and rsvp.is_confirmed
    ]
    if not receipts:
        return
    seated = [receipt for receipt in receipts if receipt[0] is RSVP_CONFIRMED]
    reported = seated or receipts
    kind, rsvp, change = reported[0]
    notice = _notice(kind, rsvp, change, rsvp.event, _tickets_of([rsvp]))
    context = replace(
        notice.context, more=len(reported) - 1 or None, waits=len(receipts) - len(reported) or None
    )
    last_end = max(rsvp.event.end_time for _, rsvp, _ in receipts)
    notify([replace(notice, context=context, useful_until=last_end)])


def send_promotions(rsvps: Iterable[Rsvp], changes: Iterable[RsvpChange]) -> None:
    """Tell parties from the waitlist that they have seats now."""
    rsvps = list(rsvps)
    tickets = _tickets_of(rsvps)
    notify(_promotion(rsvp, change, tickets) for rsvp, change in zip(rsvps, changes, strict=True))


def _promotion(rsvp: Rsvp, change: RsvpChange, tickets: dict[int, str]) -> Notice[ReceiptContext]:
    notice = _notice(PROMOTED, rsvp, change, rsvp.event, tickets)
    if rsvp.status != Status.PENDING_PAYMENT:
        return notice
    context = replace(notice.context, pay_by=rsvp.pay_by.isoformat())
    return replace(notice, context=context, useful_until=rsvp.pay_by)


def send_unpaid(rsvp: Rsvp, change: RsvpChange, payment: Payment) -> None:
    """Tell a party that its hold has ended: it was not paid in time, or the payment failed."""
    notice = _notice(RSVP_CANCELLED, rsvp, change, rsvp.event, {})
    context = replace(notice.context, pay_by=payment.expires_at.isoformat(), unpaid=payment.status)
    notify([replace(notice, context=context)])


def send_too_large(rsvps: Iterable[Rsvp]) -> None:
    """Tell parties on the waitlist that they no longer fit the limit, each person once.

    For several dates of a series the message is about the first one, and counts the others.
    """
    by_person: dict[int, list[Rsvp]] = defaultdict(list)
    for rsvp in sorted(rsvps, key=lambda rsvp: (rsvp.event.start_time, rsvp.event_id)):
        by_person[rsvp.user_id].append(rsvp)
    # Each lower limit is a new occasion.
    occasion = f"passed over {timezone.now().isoformat()}"
    notify(_too_large(parties, occasion) for parties in by_person.values())


def _too_large(parties: Sequence[Rsvp], occasion: str) -> Notice[ReceiptContext]:
    first, last = parties[0], parties[-1]
    return Notice(
        user_id=first.user_id,
        kind=WAITLISTED,
        event_id=first.event_id,
        occasion=occasion,
        context=ReceiptContext(
            event_data(first.event),
            guests=first.guests,
            only_seats=first.event.tally.max_attendees,
            more=len(parties) - 1 or None,
        ),
        useful_until=last.event.start_time,
    )


def send_too_many_tickets(rsvps: Iterable[Rsvp], ticket_type: TicketType) -> None:
    """Tell parties on the waitlist that they want more tickets of a type than it has now.

    The ticket type is loaded with its event and its tally.
    """
    event = ticket_type.event
    occasion = f"passed over by type {ticket_type.pk} {timezone.now().isoformat()}"
    notify(
        Notice(
            user_id=rsvp.user_id,
            kind=WAITLISTED,
            event_id=event.pk,
            occasion=occasion,
            context=ReceiptContext(
                event_data(event),
                guests=rsvp.guests,
                only_tickets=ticket_type.tally.quantity,
                ticket_type=ticket_type.name,
            ),
            useful_until=event.start_time,
        )
        for rsvp in rsvps
    )


def send_handover(events: Sequence[Event], new_owner: User) -> None:
    """Tell the new owner of events; the message is about the first, and counts the others.

    It is an `event_changed`, because there is no kind for organizers only.
    """
    first = events[0]
    notify(
        [
            Notice(
                user_id=new_owner.pk,
                kind=EVENT_CHANGED,
                event_id=first.pk,
                occasion=f"handed over {timezone.now().isoformat()}",
                context=ChangeContext(
                    event_data(first),
                    is_handed_over=True,
                    has_seat=False,
                    more=len(events) - 1 or None,
                ),
                useful_until=max(event.end_time for event in events),
            )
        ]
    )


def _kind_of(change: RsvpChange, status_before: str) -> ReceiptKind | None:
    to_status = Status(change.to_status)
    kind = _KINDS.get(to_status)
    if to_status == Status.PENDING_PAYMENT:
        return None  # the payment has its own receipt
    if kind is None and status_before in _HOLDS_A_PLACE:
        return RSVP_CANCELLED  # also if they are still interested
    return kind


def _tickets_of(rsvps: Iterable[Rsvp]) -> dict[int, str]:
    """Return the tickets in words, by RSVP; no query if no event has ticket types."""
    return tickets_in_words([rsvp.pk for rsvp in rsvps if vars(rsvp).get("has_tickets")])


def _notice(
    kind: ReceiptKind, rsvp: Rsvp, change: RsvpChange, event: Event, tickets: Mapping[int, str]
) -> Notice[ReceiptContext]:
    return Notice(
        user_id=rsvp.user_id,
        kind=kind,
        event_id=event.pk,
        occasion=f"answer {change.pk}",
        context=ReceiptContext(
            event_data(event),
            guests=change.guests,
            tickets=tickets.get(rsvp.pk),
            answer_id=change.pk,
            now=change.to_status if kind is RSVP_CANCELLED else None,
        ),
        useful_until=event.end_time,
    )
