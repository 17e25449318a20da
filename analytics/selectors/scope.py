"""Whose numbers somebody sees."""

from accounts.models import User
from events.models import Event, EventQuerySet


def sees_all_events(user: User) -> bool:
    """Superusers, and staff who may see every event in the admin."""
    return user.is_superuser or (user.is_staff and user.has_perm("events.view_event"))


def events_seen_by(user: User) -> EventQuerySet:
    """The events that the person is told numbers of, cancelled ones too; no drafts.

    Their own, or everybody's for those who see all.
    """
    public = Event.objects.alive().exclude(status=Event.Status.DRAFT)
    return public if sees_all_events(user) else public.filter(created_by=user)
