"""The notification that asks attendees for a review."""

from django.utils import timezone

from events.notifications import EventContext
from notifications.kinds import NotificationKind
from notifications.models import Notification
from reviews.selectors import events_to_ask_about, rsvps_to_ask


def is_request_true(request: Notification, context: EventContext) -> bool:
    """Return whether the event took place, and the person has written no review so far."""
    event = events_to_ask_about(timezone.now()).filter(pk=context.event["id"]).first()
    return event is not None and rsvps_to_ask(event).filter(user=request.user_id).exists()


REVIEW_REQUEST = NotificationKind(
    "review_request", "Review request", EventContext, is_still_true=is_request_true
)
