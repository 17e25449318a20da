"""Requests for reviews to the people who were at an event.

A task writes a row for each event that ended some time ago (REVIEW_REQUEST_AFTER_MINUTES). Then it
writes the requests in batches, with a transaction each that also stores the progress. So an
interruption neither skips a person nor asks anybody twice. Right before a request is sent,
`reviews.notifications.is_request_true` checks it again.
"""

import time
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from core.background import nudge_on_commit
from events.models import Event
from events.notifications import EventContext, event_data
from notifications.services import Notice, notify
from reviews.models import ReviewRequest
from reviews.notifications import REVIEW_REQUEST
from reviews.selectors import ASKED_WITHIN, events_to_ask_about, rsvps_to_ask

ASK = "reviews.tasks.ask_for_reviews"
BATCH = 500
_LONGEST_S = 0.25  # of a run, so that urgent mails are sent in between


def ask_for_reviews() -> int:
    """Write the requests that are due; return their number. Safe to run twice, also at once.

    Ends after a fraction of a second; run it again until it returns 0.
    """
    _add_ended(timezone.now())
    written = 0
    deadline = time.monotonic() + _LONGEST_S
    unfinished = ReviewRequest.objects.unfinished().order_by("pk")
    for event_id in unfinished.values_list("pk", flat=True):
        while (batch := _ask_next(event_id)) is not None:
            written += batch
            if time.monotonic() > deadline:
                nudge_on_commit(ASK)
                return written
    return written


def _add_ended(now: datetime) -> None:
    over = events_to_ask_about(now)
    # Requests that were finished before the end are for an earlier date: the event was moved.
    ReviewRequest.objects.filter(event__in=over, finished_at__lt=F("event__end_time")).delete()
    added = ReviewRequest.objects.filter(event=OuterRef("pk"))
    ended = over.filter(~Exists(added)).order_by("pk")
    ReviewRequest.objects.bulk_create(
        [ReviewRequest(event_id=event_id) for event_id in ended.values_list("pk", flat=True)],
        batch_size=BATCH,
        ignore_conflicts=True,
    )


@transaction.atomic
def _ask_next(event_id: int) -> int | None:
    """Write the next 500 requests; return their number, or None if none are left, or locked."""
    unfinished = ReviewRequest.objects.unfinished().filter(event=event_id)
    request = unfinished.select_for_update(skip_locked=True, no_key=True).first()
    if request is None:
        return None
    now = timezone.now()
    event = events_to_ask_about(now).filter(pk=event_id).first()
    if event is None:
        # Cancelled or moved since. If it ends later, it is found again.
        request.delete()
        return None
    attended = rsvps_to_ask(event).filter(user__gt=request.asked_up_to).order_by("user_id")
    people = list(attended.values_list("user_id", flat=True)[:BATCH])
    notify(_request(event, user_id) for user_id in people)
    if people:
        request.asked_up_to = people[-1]
        request.asked += len(people)
    if len(people) < BATCH:
        request.finished_at = now
    request.save(update_fields=["asked_up_to", "asked", "finished_at"])
    return len(people) if people else None


def _request(event: Event, user_id: int) -> Notice[EventContext]:
    return Notice(
        user_id=user_id,
        kind=REVIEW_REQUEST,
        event_id=event.pk,
        occasion="review",
        context=EventContext(event_data(event)),
        useful_until=event.end_time + ASKED_WITHIN,
    )
