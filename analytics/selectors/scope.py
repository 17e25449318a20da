"""Whose numbers somebody sees."""

from accounts.models import User
from events.models import Event, EventQuerySet


def events_seen_by(user: User) -> EventQuerySet:
    """The events that the person is told numbers of, cancelled ones too; no drafts.

    Their own, or everybody's for admins.
    """
    public = Event.objects.alive().exclude(status=Event.Status.DRAFT)
    return public if user.is_admin else public.filter(created_by=user)
