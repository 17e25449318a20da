"""What the owner of an event needs the organizer role for.

Everything that shows something new: publishing, new dates of a series, a new start
of an event that has started, and new helpers. Without the role an owner can still
edit, move, cancel and delete what there is, see its attendees and let them in,
because the people who come must be told and served.
"""

from datetime import datetime
from typing import Any

from accounts.models import User
from config.errors import RuleBroken
from events.models import Event


class OrganizerRequired(RuleBroken):
    status = 403
    code = "organizer_required"
    message = (
        "The owner of this event is not an organizer. What there is can be edited, moved and "
        "cancelled; for anything new, ask an admin for the organizer role."
    )


def require_organizer(owner: User | None) -> None:
    """Raise OrganizerRequired; admins look after events without an owner."""
    if owner is not None and not owner.may_organize:
        raise OrganizerRequired


def check_owner(*, event: Event, changes: dict[str, Any], now: datetime) -> None:
    """Raise OrganizerRequired for changes that publish an event, or make it take place again."""
    is_published = changes.get("status", event.status) == Event.Status.PUBLISHED != event.status
    # The new date of an event that its provider put off is told, whoever owns it by then.
    is_over = event.has_started(now) and not event.is_postponed
    is_repeated = is_over and changes.get("start_time", now) > now
    if is_published or is_repeated:
        require_organizer(event.created_by)
