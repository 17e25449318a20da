"""Announcements: messages about changes of an event to everyone with an RSVP.

The request writes one row. The worker then goes through the RSVPs in batches, each in a
transaction of its own that also stores how far it came. So an interruption neither skips a person
nor notifies anybody twice.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, Max, OuterRef
from django.utils import timezone

from core.background import nudge_on_commit
from events.models import Event
from events.notifications import event_data
from notifications import kinds
from notifications.kinds import NotificationKind
from notifications.services import Notice, current_request_id, notify
from rsvp.messages.changes import Change, differences, facts_of, hold_back, occasion_of, release_due
from rsvp.models import Announcement, Rsvp, RsvpChange, RsvpQuerySet
from rsvp.notifications import EVENT_CANCELLED, EVENT_CHANGED

Status = Rsvp.Status
FAN_OUT = "rsvp.tasks.fan_out"
BATCH = 500
_MOST_RSVPS = 50_000  # read for a batch; each person may have hundreds in a long series
_LONGEST_S = 0.25  # of one run, so that urgent messages are sent in between


def announce_move(moved: Sequence[tuple[Event, dict[str, Any]]]) -> None:
    """Announce that time or place of published events changed, each with the old values.

    Several events are dates of one series; each person gets one message about them.
    """
    _announce_changes(
        [Change(event, facts_of(event, **before), _since(event, before)) for event, before in moved]
    )


def announce_postponement(event: Event) -> None:
    """Announce that an event is postponed to an unknown date."""
    context = {"event": event_data(event), "is_postponed": True}
    was = facts_of(event) | {"is_postponed": False}
    _announce_changes([Change(event, was, context)])


def _announce_changes(changes: Sequence[Change]) -> None:
    """Announce now, or together with other changes within ten minutes (`rsvp.messages.changes`)."""
    last_answer = _last_answer(change.event for change in changes)
    at_once = hold_back(changes, last_answer=last_answer)
    dates = [(change.event, change.context) for change in at_once]
    _announce(EVENT_CHANGED, dates, last_answer)


def announce_cancellation(events: Iterable[Event]) -> None:
    """Announce that events do not take place; each only once, also if it is deleted later."""
    _announce(
        EVENT_CANCELLED,
        [
            (event, {"event": event_data(event)} | _reason(event))
            for event in events
            if not (event.is_cancelled and event.deleted_at)
        ],
    )


def announce_reinstatement(reinstated: Iterable[tuple[Event, dict[str, Any]]]) -> None:
    """Announce at once that cancelled events take place after all, each with its old values.

    Everybody with an RSVP gets the message, because a cancellation keeps RSVPs.
    """
    dates = [
        (event, _since(event, before) | {"is_reinstated": True}) for event, before in reinstated
    ]
    _announce(EVENT_CHANGED, dates, _last_answer([event for event, _ in dates]))


def _since(event: Event, before: dict[str, Any]) -> dict[str, Any]:
    """Return the context of a message: the event now, and the facts that were different."""
    now: dict[str, Any] = {**event_data(event)}
    was = facts_of(event, **before)
    old = {fact: value for fact, value in was.items() if fact in now and value != now[fact]}
    return {"event": now} | ({"before": old} if old else {})


def _last_answer(events: Iterable[Event]) -> int:
    """Return the ID of the latest RSVP change: later RSVPs have seen the present event."""
    changes = RsvpChange.objects.filter(event__in=list(events))
    return changes.aggregate(last=Max("id"))["last"] or 0


def _reason(event: Event) -> dict[str, str]:
    return {"reason": event.cancellation_reason} if event.cancellation_reason else {}


def _announce(
    kind: NotificationKind[Any],
    dates: Iterable[tuple[Event, dict[str, Any]]],
    last_answer: int | None = None,
) -> None:
    """Save one announcement of all events that are not over, each with its context."""
    now = timezone.now()
    open_dates = [(event, context) for event, context in dates if not event.is_over(now)]
    if not open_dates:
        return
    open_dates.sort(key=lambda date: (date[0].start_time, date[0].pk))
    first, context = open_dates[0]
    is_one = len(open_dates) == 1
    Announcement.objects.bulk_create(
        [
            Announcement(
                event=first,
                kind=kind.name,
                occasion=_occasion(kind, context),
                context=context if is_one else {},
                dates=[] if is_one else [context for _, context in open_dates],
                useful_until=max(event.end_time for event, _ in open_dates),
                request_id=current_request_id(),
                created_at=now,
                last_answer=last_answer,
            )
        ],
        ignore_conflicts=True,
    )
    nudge_on_commit(FAN_OUT)


def _occasion(kind: NotificationKind[Any], context: dict[str, Any]) -> str:
    """Return the occasion, which names one event: dates are also announced with their series.

    It contains the sequence, because an event can be cancelled, published and cancelled again.
    """
    sequence = context["event"]["sequence"]
    return occasion_of(sequence) if kind is EVENT_CHANGED else f"cancelled {sequence}"


def fan_out() -> int:
    """Write the announced messages for each person; return their number. Safe to run twice.

    Ends after a fraction of a second; run it again until it returns 0.
    """
    release_due()
    written = 0
    deadline = time.monotonic() + _LONGEST_S
    for pk in Announcement.objects.unfinished().order_by("id").values_list("pk", flat=True):
        while (batch := _notify_next(pk)) is not None:
            written += batch
            if time.monotonic() > deadline:
                nudge_on_commit(FAN_OUT)
                return written
    return written


@transaction.atomic
def _notify_next(pk: int) -> int | None:
    """Write the next 500 messages; return their number, or None if none are left, or locked."""
    unfinished = Announcement.objects.unfinished().filter(pk=pk)
    announcement = unfinished.select_for_update(skip_locked=True, no_key=True).first()
    if announcement is None:
        return None
    by_event = announcement.by_event
    audience = _audience(announcement).filter(event__in=by_event, user__gt=announcement.told_up_to)
    if announcement.last_answer is not None:
        # Compares IDs, which are assigned under the tally's lock: clocks of two hosts may differ.
        earlier = RsvpChange.objects.filter(rsvp=OuterRef("pk"), id__lte=announcement.last_answer)
        audience = audience.filter(Exists(earlier))
    user_ids = audience.order_by("user_id").values_list("user_id", flat=True).distinct()
    batch = max(1, min(BATCH, _MOST_RSVPS // len(by_event)))
    people = list(user_ids[:batch])
    if people:
        # A second query, so that people who left in the meantime are not included.
        statuses: dict[int, dict[int, str]] = defaultdict(dict)
        parties = audience.filter(user__lte=people[-1])
        for rsvp in parties.only("user", "event", "status", "is_confirmed", "own_status"):
            statuses[rsvp.user_id][rsvp.event_id] = rsvp.personal_status
        contexts = dict.fromkeys(statuses, by_event)
        if announcement.changes:
            contexts = differences(announcement, by_event, parties)
        notices = [
            _notice(announcement, contexts[user_id], user_id, mine)
            for user_id, mine in sorted(statuses.items())
            if user_id in contexts
        ]
        notify(notices)
        announcement.told_up_to = people[-1]
        announcement.told += len(notices)
    if len(people) < batch:
        announcement.finished_at = timezone.now()
    announcement.save(update_fields=["told", "told_up_to", "finished_at"])
    return len(notices) if people else None


def _audience(announcement: Announcement) -> RsvpQuerySet:
    """Return the RSVPs of everybody who is concerned.

    A cancellation of the event ends its holds in the background, maybe before this runs.
    """
    live = Rsvp.objects.with_personal_status(
        Status.GOING, Status.PENDING_PAYMENT, Status.WAITLISTED, Status.INTERESTED
    )
    if announcement.kind != EVENT_CANCELLED.name:
        return live
    ended = RsvpChange.objects.filter(
        from_status=Status.PENDING_PAYMENT,
        to_status=Status.CANCELLED,
        at__gte=announcement.created_at,
        event__in=announcement.by_event,
    )
    return live | Rsvp.objects.filter(pk__in=ended.values("rsvp"))


def _notice(
    announcement: Announcement,
    contexts: dict[int, dict[str, Any]],
    user_id: int,
    statuses: dict[int, str],
) -> Notice[Any]:
    """Return the notice about the first of the person's events; the others are counted.

    `contexts` has the context of each event, the soonest first.
    """
    kind = kinds.get(announcement.kind)
    mine = [event_id for event_id in contexts if event_id in statuses]
    first, last = mine[0], mine[-1]
    more = {"more": len(mine) - 1} if len(mine) > 1 else {}
    return Notice(
        user_id=user_id,
        kind=kind,
        event_id=first,
        occasion=_occasion(kind, contexts[first]),
        context=kind.context.read(
            contexts[first] | {"has_seat": statuses[first] == Status.GOING} | more
        ),
        useful_until=datetime.fromisoformat(contexts[last]["event"]["ends_at"]),
        request_id=announcement.request_id,
    )
