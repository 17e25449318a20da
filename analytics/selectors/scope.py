"""Whose numbers somebody sees."""

from accounts.models import User
from events.models import Event, EventQuerySet


def sees_all_events(user: User) -> bool:
    """Superusers, and staff who may see every event in the admin: to change is to view there."""
    may_view = any(user.has_perm(f"events.{verb}_event") for verb in ("view", "change"))
    return user.is_superuser or (user.is_staff and may_view)


def events_seen_by(user: User) -> EventQuerySet:
    """The events that the person is told numbers of, cancelled ones too; no drafts.

    Their own, or everybody's for those who see all.
    """
    public = Event.objects.alive().exclude(status=Event.Status.DRAFT)
    return public if sees_all_events(user) else public.filter(created_by=user)
