"""What people are told of their answers, and in which words' data.

Called by `rsvp.services` in the transaction that writes the answer.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from events.models import Event
from notifications.models import Kind
from notifications.services import Notice, notify
from rsvp.models import Answer, Rsvp

Status = Rsvp.Status

_KINDS = {Status.GOING: Kind.RSVP_CONFIRMED, Status.WAITLISTED: Kind.WAITLISTED}
_HOLDS_A_PLACE = {Status.GOING, Status.WAITLISTED}


def tell_of_answer(rsvp: Rsvp, answer: Answer, event: Event) -> None:
    """A receipt for what somebody answered; for a mere interest there is none."""
    kind = _KINDS.get(Status(answer.to_status))
    if kind is None and answer.from_status in _HOLDS_A_PLACE:
        kind = Kind.RSVP_CANCELLED  # whether they keep an interest or not
    if kind is not None:
        notify([_notice(kind, rsvp, answer, event)])


def tell_of_promotions(rsvps: Iterable[Rsvp], answers: Iterable[Answer], event: Event) -> None:
    """That those who waited have their seats now."""
    notify(
        _notice(Kind.PROMOTED, rsvp, answer, event)
        for rsvp, answer in zip(rsvps, answers, strict=True)
    )


def _notice(kind: Kind, rsvp: Rsvp, answer: Answer, event: Event) -> Notice:
    context = {"event": about(event), "guests": answer.guests}
    if kind == Kind.RSVP_CANCELLED:
        context["now"] = answer.to_status
    return Notice(
        user_id=rsvp.user_id,
        kind=kind,
        event_id=event.pk,
        occasion=f"answer {answer.pk}",
        context=context,
        useful_until=event.end_time,
    )


def about(event: Event) -> dict[str, Any]:
    """What messages say of an event, as plain data (notifications/rendering.py)."""
    return {
        "id": event.pk,
        "title": event.title,
        "starts_at": instant(event.start_time),
        "ends_at": instant(event.end_time),
        "timezone": event.timezone,
        "location": event.location,
        "latitude": event.latitude,
        "longitude": event.longitude,
        "sequence": event.sequence,
        "organizer_id": event.created_by_id,
        "is_gone": event.deleted_at is not None,
    }


def instant(value: datetime) -> str:
    return value.isoformat()
