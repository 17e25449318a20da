"""Telling everyone who answered an event what became of it.

The request writes one row; the worker works through the answers in batches,
each in a transaction of its own that also notes how far it came. So a cut in
the middle neither forgets anybody nor tells somebody twice.
"""

import time
from typing import Any

from django.db import transaction
from django.db.models import Exists, Max, OuterRef
from django.utils import timezone

from config.courier import nudge_on_commit
from events.models import Event
from notifications.models import Kind
from notifications.services import Notice, current_request_id, notify
from rsvp.messages import about, instant
from rsvp.models import Announcement, Answer, Rsvp

FAN_OUT = "rsvp.tasks.fan_out"
BATCH = 1000
_LONGEST_S = 30.0  # of one run: well within a task's time limit; the next one goes on


def announce_move(event: Event, before: dict[str, Any]) -> None:
    """Tell that time or place of a published event changed; `before` holds the old values."""
    names = {"start_time": "starts_at", "end_time": "ends_at"}
    old = {
        names.get(field, field): instant(value) if field in names else value
        for field, value in before.items()
    }
    last_answer = Answer.objects.filter(event=event).aggregate(last=Max("id"))["last"] or 0
    occasion = f"change {event.sequence}"
    _announce(event, Kind.EVENT_CHANGED, occasion, last_answer, before=old)


def announce_cancellation(event: Event) -> None:
    """Tell that an event does not take place; only once, also when it is deleted after that."""
    _announce(event, Kind.EVENT_CANCELLED, "cancelled")


def _announce(
    event: Event, kind: Kind, occasion: str, last_answer: int | None = None, **more: Any
) -> None:
    now = timezone.now()
    if event.is_over(now):
        return
    Announcement.objects.bulk_create(
        [
            Announcement(
                event=event,
                kind=kind,
                occasion=occasion,
                context={"event": about(event), **more},
                useful_until=event.end_time,
                request_id=current_request_id(),
                created_at=now,
                last_answer=last_answer,
            )
        ],
        ignore_conflicts=True,
    )
    nudge_on_commit(FAN_OUT)


def fan_out() -> int:
    """Write what is announced for each person; answers for how many. Safe to run twice."""
    told = 0
    deadline = time.monotonic() + _LONGEST_S
    for pk in Announcement.objects.unfinished().order_by("id").values_list("pk", flat=True):
        while (batch := _tell_next(pk)) is not None:
            told += batch
            if time.monotonic() > deadline:
                nudge_on_commit(FAN_OUT)
                return told
    return told


@transaction.atomic
def _tell_next(pk: int) -> int | None:
    """The next thousand; None when all are told, or another worker is at it."""
    unfinished = Announcement.objects.unfinished().filter(pk=pk)
    announcement = unfinished.select_for_update(skip_locked=True, no_key=True).first()
    if announcement is None:
        return None
    audience = Rsvp.objects.live().filter(
        event=announcement.event_id, id__gt=announcement.told_up_to
    )
    if announcement.last_answer is not None:
        # Numbers that were given out under the tally's lock: clocks of two hosts prove nothing.
        by_then = Answer.objects.filter(rsvp=OuterRef("pk"), id__lte=announcement.last_answer)
        audience = audience.filter(Exists(by_then))
    people = list(audience.order_by("id").values_list("id", "user_id", "status")[:BATCH])
    notify(
        Notice(
            user_id=user_id,
            kind=Kind(announcement.kind),
            event_id=announcement.event_id,
            occasion=announcement.occasion,
            context=announcement.context | {"has_seat": status == Rsvp.Status.GOING},
            useful_until=announcement.useful_until,
            request_id=announcement.request_id,
        )
        for _, user_id, status in people
    )
    announcement.told += len(people)
    if people:
        announcement.told_up_to = people[-1][0]
    if len(people) < BATCH:
        announcement.finished_at = timezone.now()
    announcement.save(update_fields=["told", "told_up_to", "finished_at"])
    return len(people) or None
