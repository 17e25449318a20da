"""Every write on RSVPs: what is answered, and what that does to the seats."""

from rsvp.services.answers import (
    free_seats_of_inactive,
    join_event,
    leave_all_events,
    leave_event,
    mark_interested,
)
from rsvp.services.check_ins import Judged, check_in, check_in_all, undo_check_in
from rsvp.services.closing import close_check_in, reopen_check_in
from rsvp.services.former_dates import note_new_times
from rsvp.services.parties import Scan
from rsvp.services.seats import apply_new_limits, seat_those_waiting
from rsvp.services.series import (
    Outcome,
    join_series,
    leave_series,
    mark_interested_in_series,
)
from rsvp.services.walk_ins import admit_guests, admit_walk_in, confirm_walk_in

__all__ = [
    "Judged",
    "Outcome",
    "Scan",
    "admit_guests",
    "admit_walk_in",
    "apply_new_limits",
    "check_in",
    "check_in_all",
    "close_check_in",
    "confirm_walk_in",
    "free_seats_of_inactive",
    "join_event",
    "join_series",
    "leave_all_events",
    "leave_event",
    "leave_series",
    "mark_interested",
    "mark_interested_in_series",
    "note_new_times",
    "reopen_check_in",
    "seat_those_waiting",
    "undo_check_in",
]
