"""Checks of the organizer role.

An owner needs the role to publish events, add occurrences and helpers, and repeat an event that has
started. Without it, owners can still edit, move, cancel and delete existing events, see attendees
and check them in, because attendees must be informed and admitted.
"""

from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts.models import User
from events.exceptions import OrganizerRequired, OwnsUpcomingEvents
from events.models import Event


def require_no_upcoming_events(owner: User) -> None:
    """Raise OwnsUpcomingEvents if a published event of the owner is not over."""
    if Event.objects.published().filter(created_by=owner).not_over(timezone.now()).exists():
        raise OwnsUpcomingEvents


def require_organizer(owner: User | None) -> None:
    """Raise OrganizerRequired, except for events without an owner, which admins edit."""
    if owner is not None and not owner.may_organize:
        raise OrganizerRequired


def check_owner(*, event: Event, changes: dict[str, Any], now: datetime) -> None:
    """Raise OrganizerRequired for changes that publish or repeat an event."""
    is_published = changes.get("status", event.status) == Event.Status.PUBLISHED != event.status
    # The new date of an event that its provider postponed must reach attendees in any case.
    is_over = event.has_started(now) and not event.is_postponed
    is_repeated = is_over and changes.get("start_time", now) > now
    if is_published or is_repeated:
        require_organizer(event.created_by)
