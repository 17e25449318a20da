"""What people are told of their answers, and in which words' data.

Called by `rsvp.services` in the transaction that writes the answer.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts.models import User
from events.models import Event
from notifications.models import Kind
from notifications.services import Notice, notify
from rsvp.models import Answer, Rsvp

Status = Rsvp.Status

_KINDS = {Status.GOING: Kind.RSVP_CONFIRMED, Status.WAITLISTED: Kind.WAITLISTED}
_HOLDS_A_PLACE = {Status.GOING, Status.WAITLISTED}


def tell_of_answer(
    rsvp: Rsvp, answer: Answer, event: Event, *, status_before: str | None = None
) -> None:
    """Write a receipt for a person's RSVP; there is none for `interested`.

    `status_before` is the person's own earlier RSVP if a walk-in covered it. An unconfirmed walk-in
    sends no receipt: otherwise organizers could mail everybody.
    """
    kind = _kind_of(answer, answer.from_status if status_before is None else status_before)
    if kind is not None and rsvp.is_confirmed:
        notify([_notice(kind, rsvp, answer, event)])


def tell_of_answers_to_series(answers: Sequence[tuple[Rsvp, Answer, str]]) -> None:
    """Write one receipt for the RSVPs to a whole series, whose dates come in order.

    It is about the first date with a seat, or otherwise the first of all; the others are counted.
    Each RSVP comes with the person's earlier one.
    """
    dates = [
        (kind, rsvp, answer)
        for rsvp, answer, status_before in answers
        if (kind := _kind_of(answer, status_before)) and rsvp.is_confirmed
    ]
    if not dates:
        return
    seats = [date for date in dates if date[0] == Kind.RSVP_CONFIRMED]
    alike = seats or dates
    kind, rsvp, answer = alike[0]
    notice = _notice(kind, rsvp, answer, rsvp.event)
    others = {"more": len(alike) - 1, "waits": len(dates) - len(alike)}
    notice.context.update({name: number for name, number in others.items() if number})
    last_end = max(rsvp.event.end_time for _, rsvp, _ in dates)
    notify([replace(notice, useful_until=last_end)])


def tell_of_promotions(rsvps: Iterable[Rsvp], answers: Iterable[Answer]) -> None:
    """That those who waited have their seats now."""
    notify(
        _notice(Kind.PROMOTED, rsvp, answer, rsvp.event)
        for rsvp, answer in zip(rsvps, answers, strict=True)
    )


def tell_of_passing_over(rsvps: Iterable[Rsvp]) -> None:
    """Tell parties on the waitlist that they no longer fit the limit, each person once.

    For several dates of a series the message is about the first one, and counts the others.
    """
    by_person: dict[int, list[Rsvp]] = defaultdict(list)
    for rsvp in sorted(rsvps, key=lambda rsvp: (rsvp.event.start_time, rsvp.event_id)):
        by_person[rsvp.user_id].append(rsvp)
    # Each time that a limit excludes them is an occasion of its own.
    occasion = f"passed over {instant(timezone.now())}"
    notify(_passing_over(parties, occasion) for parties in by_person.values())


def _passing_over(parties: Sequence[Rsvp], occasion: str) -> Notice:
    first, last = parties[0], parties[-1]
    more = {"more": len(parties) - 1} if len(parties) > 1 else {}
    seats = first.event.tally.max_attendees
    return Notice(
        user_id=first.user_id,
        kind=Kind.WAITLISTED,
        event_id=first.event_id,
        occasion=occasion,
        context={"event": about(first.event), "guests": first.guests, "only_seats": seats} | more,
        useful_until=last.event.start_time,
    )


def tell_of_handover(events: Sequence[Event], new_owner: User) -> None:
    """Tell the new owner of events; the message is about the first, and counts the others.

    It is an `event_changed`, because no kind is for organizers alone.
    """
    first = events[0]
    context = {"event": about(first), "is_handed_over": True, "has_seat": False}
    more = {"more": len(events) - 1} if len(events) > 1 else {}
    notify(
        [
            Notice(
                user_id=new_owner.pk,
                kind=Kind.EVENT_CHANGED,
                event_id=first.pk,
                occasion=f"handed over {instant(timezone.now())}",
                context=context | more,
                useful_until=max(event.end_time for event in events),
            )
        ]
    )


def _kind_of(answer: Answer, status_before: str) -> Kind | None:
    kind = _KINDS.get(Status(answer.to_status))
    if kind is None and status_before in _HOLDS_A_PLACE:
        return Kind.RSVP_CANCELLED  # whether they keep an interest or not
    return kind


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
        "days": days(event),
        "location": event.location,
        "latitude": event.latitude,
        "longitude": event.longitude,
        "sequence": event.sequence,
        "organizer_id": event.created_by_id,
        "is_gone": event.deleted_at is not None,
    }


def days(event: Event) -> list[str] | None:
    """Return the first and last day of an all-day event; None for an event with times."""
    return [day.isoformat() for day in event.days] if event.days else None


def instant(value: datetime) -> str:
    return value.isoformat()
