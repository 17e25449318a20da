"""Permissions to read attendees, and to check them in."""

from accounts.models import User
from events.models import Event
from events.selectors import helps_at
from rsvp.exceptions import CheckInStaffOnly, CorrectionsOnly, ExportHidden
from rsvp.models import Rsvp

PUBLIC_STATUSES = {Rsvp.Status.GOING, Rsvp.Status.INTERESTED}


def may_export(user: User, event: Event) -> bool:
    """Return whether the person is the owner, or an admin who may view RSVPs."""
    return event.created_by_id == user.pk or user.may("view", Rsvp)


def sees_everything(user: User, event: Event) -> bool:
    """Return whether the person may read all attendees: as `may_export`, and helpers."""
    return may_export(user, event) or helps_at(user=user, event=event)


def may_correct(user: User, event: Event) -> bool:
    """Return whether the person may correct attendance: the owner, admins who may change RSVPs."""
    return event.created_by_id == user.pk or user.may("change", Rsvp)


def is_public(*, status: str, is_checked_in: bool | None, search: str) -> bool:
    """Return whether everyone may use these filters."""
    return status in PUBLIC_STATUSES and is_checked_in is None and not search


def check_sees_attendance(user: User, event: Event) -> None:
    """Raises CheckInStaffOnly."""
    if not sees_everything(user, event):
        raise CheckInStaffOnly


def check_may_check_in(user: User, event: Event) -> None:
    """Raises CheckInStaffOnly, unless the person helps at the event or may correct it."""
    if not may_correct(user, event) and not helps_at(user=user, event=event):
        raise CheckInStaffOnly


def check_may_correct(user: User, event: Event) -> None:
    """Raises CorrectionsOnly."""
    if not may_correct(user, event):
        raise CorrectionsOnly


def check_may_export(user: User, event: Event) -> None:
    """Raises ExportHidden."""
    if not may_export(user, event):
        raise ExportHidden
