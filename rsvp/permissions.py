"""Who may see whose answers."""

from accounts.models import User
from config.errors import RuleBroken
from events.models import Event
from rsvp.models import Rsvp

SEEN_BY_ALL = {Rsvp.Status.GOING, Rsvp.Status.INTERESTED}


class AttendeesHidden(RuleBroken):
    status = 403
    code = "owner_required"
    message = "Only the organizer of this event sees who waits and who cancelled."


def sees_everything(user: User, event: Event) -> bool:
    return user.is_staff or event.created_by_id == user.pk


def check_may_see(user: User, event: Event, status: str) -> None:
    """Raises AttendeesHidden."""
    if status not in SEEN_BY_ALL and not sees_everything(user, event):
        raise AttendeesHidden
