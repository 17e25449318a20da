"""Effects on seats and messages when events or accounts change."""

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import account_deactivated, account_erased, account_recovered, export_asked
from events.models import Event, Tally, TicketType
from events.signals import (
    capacity_changed,
    event_cancelled,
    event_deleted,
    event_moved,
    event_postponed,
    event_reinstated,
    events_handed_over,
    occurrences_moved,
    occurrences_off,
    occurrences_reinstated,
    quantity_changed,
)
from payments.models import Payment
from payments.signals import payment_approved, payment_ended, payment_settled
from rsvp import selectors, services
from rsvp.calendar import feeds
from rsvp.check_in import keep_former_times
from rsvp.messages import announcements, receipts
from rsvp.services import holds

# Each event with its locked tally and the old values of its changed fields.
Moved = list[tuple[Event, Tally, dict[str, Any]]]


@receiver(capacity_changed)
def apply_new_limits(*, resized: list[tuple[Event, Tally, int | None]], **_: Any) -> None:
    services.apply_new_limits(resized)


@receiver(quantity_changed)
def apply_new_quantity(
    *, event: Event, ticket_type: TicketType, former_quantity: int | None, **_: Any
) -> None:
    services.apply_new_quantity(event, ticket_type, former_quantity)


@receiver(event_moved)
def handle_moved_event(*, event: Event, tally: Tally, before: dict[str, Any], **_: Any) -> None:
    _move([(event, tally, before)])


@receiver(event_postponed)
def announce_postponement(*, event: Event, **_: Any) -> None:
    if not event.is_hidden and not event.is_cancelled:
        announcements.announce_postponement(event)


@receiver([event_cancelled, event_deleted])
def announce_cancellation(*, event: Event, **_: Any) -> None:
    if event.status != Event.Status.DRAFT:
        announcements.announce_cancellation([event])


@receiver(occurrences_moved)
def handle_moved_dates(*, moved: Moved, **_: Any) -> None:
    _move(moved)


@receiver(occurrences_off)
def announce_cancelled_dates(*, events: list[Event], **_: Any) -> None:
    announcements.announce_cancellation(
        event for event in events if event.status != Event.Status.DRAFT
    )


@receiver(event_reinstated)
def handle_reinstated_event(
    *, event: Event, tally: Tally, before: dict[str, Any], **_: Any
) -> None:
    _reinstate([(event, tally, before)])


@receiver(occurrences_reinstated)
def handle_reinstated_dates(*, events: Moved, **_: Any) -> None:
    _reinstate(events)


@receiver(events_handed_over)
def notify_new_owner(*, events: list[Event], new_owner: User, **_: Any) -> None:
    receipts.send_handover(events, new_owner)


@receiver(account_deactivated)
def cancel_rsvps_of_deactivated(*, user: User, **_: Any) -> None:
    services.leave_all_events(attendee=user)


@receiver(account_erased)
def forget_calendar_of_erased(*, user: User, **_: Any) -> None:
    feeds.forget_feed(user)


@receiver(account_recovered)
def renew_calendar_of_recovered(*, user: User, **_: Any) -> None:
    """Void the address of the feed; a new one is made when the person requests it."""
    feeds.forget_feed(user)


@receiver(export_asked)
def export_rsvps(*, user: User, **_: Any) -> dict[str, list[dict[str, Any]]]:
    return selectors.export_of(user)


def _move(moved: Moved) -> None:
    """Promote waiting parties too: the waitlist is open again if the start is in the future."""
    keep_former_times(moved)
    services.promote_waiting((tally, event) for event, tally, _ in moved)
    announced = [
        (event, before)
        for event, _, before in moved
        if not event.is_hidden and not event.is_cancelled
    ]
    if announced:
        announcements.announce_move(announced)


def _reinstate(events: Moved) -> None:
    """Promote waiting parties too: people may have left during the cancellation."""
    keep_former_times(events)
    services.promote_waiting((tally, event) for event, tally, _ in events)
    announcements.announce_reinstatement((event, before) for event, _, before in events)


@receiver(payment_settled)
def give_paid_seats(*, payment: Payment, is_late: bool, **_: Any) -> None:
    holds.give_seats(payment, is_late=is_late)


@receiver(payment_approved)
def hold_seats_again(*, payment: Payment, **_: Any) -> None:
    holds.hold_again(payment)


@receiver(payment_ended)
def free_held_seats(*, payment: Payment, **_: Any) -> None:
    holds.free_seats(payment)
