"""Cancellations of RSVPs: a person leaves one event, or all events."""

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from events.models import Event
from events.services.tallies import lock_tally
from payments.services.closing import request_cancel_for
from rsvp.exceptions import NotAttending, NotAttendingOwnEvent, RsvpNotFound, TooLateToLeave
from rsvp.messages.receipts import send_receipt
from rsvp.models import Rsvp
from rsvp.selectors import rsvps_of_inactive_people, rsvps_to_cancel
from rsvp.services.bills import refund_returned
from rsvp.services.holds import HoldMustEnd, without_hold
from rsvp.services.seats import promote_waiting, save_and_promote, save_change
from rsvp.services.unconfirmed_walk_ins import confirm, undo_denied_check_in
from rsvp.services.under_lock import Reading, lock_and_read

Status = Rsvp.Status


def leave_event(*, event_id: int, attendee: User, by: User | None = None) -> Rsvp:
    """Give the attendee's seats back and promote the first waiting parties.

    Capacity is never checked here: a write that frees seats must not fail because the event is
    full. Leaving twice is no error; it works until the end. If the terms of paid tickets allow a
    refund, it is `refund` of the RSVP. For an unconfirmed walk-in it is a denial, and works after
    the end too. `by` is an admin who does it for them. Raises EventNotFound, RsvpNotFound (the
    owner: NotAttending), TooLateToLeave, HasArrived, JustPaid and HoldNotEnded.
    """
    return without_hold(event_id, attendee, lambda: _leave(event_id, attendee, by))


def _leave(event_id: int, attendee: User, by: User | None) -> Rsvp:
    reading = lock_and_read(event_id, attendee)
    tally, event, rsvp = reading.tally, reading.event, reading.rsvp
    if rsvp.status == Status.PENDING_PAYMENT:
        raise HoldMustEnd
    if not rsvp.pk or not (rsvp.is_own or rsvp.is_unconfirmed_walk_in):
        if event.created_by_id != attendee.pk:
            raise RsvpNotFound
        is_history = event.is_cancelled or event.is_over(timezone.now())
        raise NotAttending() if is_history else NotAttendingOwnEvent()
    if rsvp.is_unconfirmed_walk_in:
        _deny_walk_in(reading, by or attendee)
    elif rsvp.is_live:
        if event.is_over(timezone.now()):
            raise TooLateToLeave
        change, _ = save_and_promote(tally, rsvp, Status.CANCELLED, rsvp.guests, ids=reading.ids)
        assert change
        refund_returned([(tally, change)], by=by or attendee)
        send_receipt(rsvp, change, event)
    return rsvp


def leave_all_events(*, attendee: User) -> int:
    """Cancel every RSVP to an event that is not over; return how many events it was.

    Seats of people who are checked in stay. Each event is a transaction of its own, so that the
    erasure of a popular organizer does not lock a hundred events at once.
    """
    rsvps = rsvps_to_cancel().filter(user=attendee)
    event_ids = list(rsvps.order_by("event_id").values_list("event_id", flat=True))
    for event_id in event_ids:
        with transaction.atomic():
            tally = lock_tally(event_id)
            event = Event.objects.get(pk=event_id)
            rsvp = Rsvp.objects.get(event=event, user=attendee)
            if not rsvp.arrived:
                # None if another erasure of the account was here first.
                if rsvp.status == Status.PENDING_PAYMENT:
                    request_cancel_for(rsvp.pk)
                elif change := save_change(tally, rsvp, Status.CANCELLED, rsvp.guests):
                    refund_returned([(tally, change)], by=attendee)
                    send_receipt(rsvp, change, event)
                promote_waiting([(tally, event)])
    # An RSVP that an unconfirmed walk-in covers holds no seats, so it needs no tally.
    covered = Rsvp.objects.filter(user=attendee, is_confirmed=False).exclude(own_status="")
    covered.update(own_status=Status.CANCELLED)
    return len(event_ids)


def free_seats_of_inactive() -> None:
    """Give back the seats that an interrupted deactivation left behind."""
    for user in User.objects.filter(pk__in=rsvps_of_inactive_people().values("user")):
        leave_all_events(attendee=user)


def _deny_walk_in(reading: Reading, by: User) -> None:
    """Undo an unconfirmed walk-in, and cancel the person's own RSVP."""
    tally, rsvp = reading.tally, reading.rsvp
    undo = undo_denied_check_in(tally, rsvp, by)
    status_before, guests = rsvp.personal_status, rsvp.personal_guests
    if status_before:
        confirm(rsvp)
    change, _ = save_and_promote(tally, rsvp, Status.CANCELLED, guests, ids=reading.ids)
    undo.save()
    assert change
    send_receipt(rsvp, change, rsvp.event, status_before=status_before)
