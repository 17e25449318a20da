"""All writes of RSVPs and seats. Check-ins are in `rsvp.check_in`."""

from rsvp.services.cancellations import free_seats_of_inactive, leave_all_events, leave_event
from rsvp.services.holds import payment_page
from rsvp.services.rsvps import join_event, mark_interested
from rsvp.services.seats import apply_new_limits, apply_new_quantity, promote_waiting
from rsvp.services.series import DateOutcome, join_series, leave_series, mark_interested_in_series
from rsvp.services.ticket_requests import TicketRequest
