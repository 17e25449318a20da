"""RSVPs and their history, check-ins, announcements and calendar feeds."""

from rsvp.models.announcements import Announcement, ChangeWindow, ReminderSweep
from rsvp.models.check_ins import CheckIn, CheckInQuerySet, FormerTimes
from rsvp.models.feeds import CalendarFeed
from rsvp.models.rsvps import (
    HAS_PLACE,
    HAS_SEATS,
    MOST_GUESTS,
    Rsvp,
    RsvpChange,
    RsvpQuerySet,
)
from rsvp.models.tickets import RsvpTicket
