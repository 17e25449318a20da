"""Answers and their history, who was let in, what crowds are told, and calendar feeds."""

from rsvp.models.answers import MOST_GUESTS, Answer, Rsvp, RsvpQuerySet
from rsvp.models.check_ins import CheckIn
from rsvp.models.feeds import CalendarFeed
from rsvp.models.telling import Announcement, ChangeWindow, ReminderSweep

__all__ = [
    "MOST_GUESTS",
    "Announcement",
    "Answer",
    "CalendarFeed",
    "ChangeWindow",
    "CheckIn",
    "ReminderSweep",
    "Rsvp",
    "RsvpQuerySet",
]
