"""Who may see whose answers."""

from accounts.models import User
from config.errors import RuleBroken
from events.models import Event
from events.selectors import helps_at
from rsvp.models import Rsvp

SEEN_BY_ALL = {Rsvp.Status.GOING, Rsvp.Status.INTERESTED}


class DoorOnly(RuleBroken):
    status = 403
    code = "owner_required"
    message = "Only the organizer of this event, their helpers and admins may do that."


class AttendeesHidden(DoorOnly):
    message = "Only the organizer of this event and their helpers may ask more than who comes."


class ExportHidden(DoorOnly):
    message = "Only the organizer of this event and admins may take the list away."


def may_export(user: User, event: Event) -> bool:
    return user.is_admin or event.created_by_id == user.pk


def sees_everything(user: User, event: Event) -> bool:
    """Who stands at the door: the owner, helpers and admins."""
    return may_export(user, event) or helps_at(user=user, event=event)


def is_for_all(*, status: str, is_checked_in: bool | None, search: str) -> bool:
    """Whether everyone may ask for these attendees."""
    return status in SEEN_BY_ALL and is_checked_in is None and not search


def check_at_door(user: User, event: Event) -> None:
    """Raises DoorOnly."""
    if not sees_everything(user, event):
        raise DoorOnly


def check_may_export(user: User, event: Event) -> None:
    """Raises ExportHidden."""
    if not may_export(user, event):
        raise ExportHidden
