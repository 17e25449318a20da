"""The events whose numbers a person may see."""

from accounts.models import User
from events.models import Event, EventQuerySet


def events_seen_by(user: User) -> EventQuerySet:
    """Return the events whose numbers the person may see: cancelled ones too, no drafts.

    Their own events; all events for admins who may view events.
    """
    public = Event.objects.alive().exclude(status=Event.Status.DRAFT)
    return public if user.may("view", Event) else public.filter(created_by=user)
