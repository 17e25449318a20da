"""Every write on RSVPs: what is answered, and what that does to the seats."""

from rsvp.services.answers import (
    AccountInactive,
    EventEnded,
    free_seats_of_inactive,
    join_event,
    leave_all_events,
    leave_event,
    mark_interested,
)
from rsvp.services.seats import (
    EventFull,
    NoSeatsToAdd,
    PartyTooLarge,
    apply_new_limit,
    seat_those_waiting,
)
from rsvp.services.series import (
    Outcome,
    join_series,
    leave_series,
    mark_interested_in_series,
)

__all__ = [
    "AccountInactive",
    "EventEnded",
    "EventFull",
    "NoSeatsToAdd",
    "Outcome",
    "PartyTooLarge",
    "apply_new_limit",
    "free_seats_of_inactive",
    "join_event",
    "join_series",
    "leave_all_events",
    "leave_event",
    "leave_series",
    "mark_interested",
    "mark_interested_in_series",
    "seat_those_waiting",
]
