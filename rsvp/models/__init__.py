"""Answers and their history, check-ins, what crowds are told, and calendar feeds."""

from rsvp.models.announcements import Announcement, ChangeWindow, ReminderSweep
from rsvp.models.check_ins import CheckIn, CheckInQuerySet, FormerTimes
from rsvp.models.feeds import CalendarFeed
from rsvp.models.rsvps import MOST_GUESTS, Answer, Rsvp, RsvpQuerySet

__all__ = [
    "MOST_GUESTS",
    "Announcement",
    "Answer",
    "CalendarFeed",
    "ChangeWindow",
    "CheckIn",
    "CheckInQuerySet",
    "FormerTimes",
    "ReminderSweep",
    "Rsvp",
    "RsvpQuerySet",
]
