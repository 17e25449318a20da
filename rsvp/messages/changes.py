"""Merging of an event's changes within ten minutes into one message.

The first change is announced immediately. Changes in the next ten minutes wait in the event's
`ChangeWindow`, in the database, and are then announced together: each person gets the difference
between the event at that time and the last message they got, or nothing if there is none. Then the
ten minutes begin again, so that nobody gets more than one `event_changed` about an event in ten
minutes.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from events.models import Event
from events.notifications import days_of, event_data
from notifications.models import Notification
from notifications.services import current_request_id
from rsvp.models import Announcement, ChangeWindow, RsvpChange, RsvpQuerySet
from rsvp.notifications import EVENT_CHANGED

MERGED_FOR = timedelta(minutes=10)
# Limit for one window, so that endless edits do not make the row grow without end.
_MOST_WAITING = 50
_CLOCKS_DIFFER = timedelta(minutes=1)

Facts = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """A change of an event: the facts before it, and the context if it is announced now."""

    event: Event
    was: Facts
    context: dict[str, Any]


def facts_of(event: Event, **before: Any) -> Facts:
    """Return the facts that attendees need, as plain data; `before` has old values of fields."""
    names = ("start_time", "end_time", "timezone", "is_all_day", "location")
    was = Event(**{name: before.get(name, getattr(event, name)) for name in names})
    return {
        "starts_at": was.start_time.isoformat(),
        "ends_at": was.end_time.isoformat(),
        "timezone": was.timezone,
        "days": days_of(was),
        "location": was.location,
        "is_postponed": event.is_postponed,
    }


def hold_back(changes: Sequence[Change], *, last_answer: int) -> list[Change]:
    """Store the changes that have to wait; return those to announce now.

    Call it in the transaction that changes the events, which holds their tallies.
    """
    now = timezone.now()
    by_event = {change.event.pk: change for change in changes}
    locked = ChangeWindow.objects.select_for_update(no_key=True).filter(event__in=by_event)
    waiting = [
        window for window in locked.order_by("event") if window.is_waiting or window.closes_at > now
    ]
    for window in waiting:
        _note(window, by_event.pop(window.event_id).was, last_answer, now)
    ChangeWindow.objects.bulk_update(waiting, ["is_waiting", "waiting", "request_id"])
    ChangeWindow.objects.bulk_create(
        [
            ChangeWindow(event_id=event_id, closes_at=now + MERGED_FOR)
            for event_id in sorted(by_event)
        ],
        update_conflicts=True,
        unique_fields=["event"],
        update_fields=["closes_at"],
    )
    return list(by_event.values())


def _note(window: ChangeWindow, was: Facts, last_answer: int, now: datetime) -> None:
    """Add a change; skip its facts if nobody has RSVPed since the last one."""
    window.is_waiting = True
    window.request_id = current_request_id()
    waiting = window.waiting
    if waiting and (waiting[-1]["last_answer"] >= last_answer or len(waiting) >= _MOST_WAITING):
        waiting[-1]["last_answer"] = max(waiting[-1]["last_answer"], last_answer)
    else:
        waiting.append({"was": was, "last_answer": last_answer, "at": now.isoformat()})


def release_due() -> None:
    """Announce the changes whose ten minutes are over, those of a series together.

    Safe to run twice and simultaneously.
    """
    due = ChangeWindow.objects.filter(is_waiting=True, closes_at__lte=timezone.now())
    groups: dict[Any, list[int]] = defaultdict(list)
    for event_id, series_id in due.order_by("event").values_list("event", "event__series"):
        groups[("series", series_id) if series_id else ("event", event_id)].append(event_id)
    for event_ids in groups.values():
        _release(event_ids)


@transaction.atomic
def _release(event_ids: Sequence[int]) -> None:
    now = timezone.now()
    due = ChangeWindow.objects.filter(event__in=event_ids, is_waiting=True, closes_at__lte=now)
    locked = due.select_for_update(skip_locked=True, no_key=True).order_by("event")
    windows = {window.event_id: window for window in locked}
    # Read after the lock: a simultaneous change waits for the window, and is stored later.
    events = Event.objects.published().not_over(now).filter(pk__in=windows)
    announced = sorted(events, key=lambda event: (event.start_time, event.pk))
    if announced:
        changes = {event.pk: windows[event.pk].waiting for event in announced}
        entries = [entry for waiting in changes.values() for entry in waiting]
        Announcement.objects.bulk_create(
            [
                Announcement(
                    event=announced[0],
                    kind=EVENT_CHANGED.name,
                    occasion=occasion_of(announced[0].sequence),
                    dates=[
                        {"event": event_data(event), "is_postponed": event.is_postponed}
                        for event in announced
                    ],
                    changes={str(event_id): waiting for event_id, waiting in changes.items()},
                    useful_until=max(event.end_time for event in announced),
                    request_id=windows[announced[0].pk].request_id,
                    created_at=now,
                    last_answer=max(entry["last_answer"] for entry in entries),
                )
            ],
            ignore_conflicts=True,
        )
    ChangeWindow.objects.filter(event__in=windows).update(
        is_waiting=False, waiting=[], request_id="", closes_at=now + MERGED_FOR
    )


def occasion_of(sequence: int) -> str:
    return f"change {sequence}"


def differences(
    announcement: Announcement, current: Mapping[int, dict[str, Any]], audience: RsvpQuerySet
) -> dict[int, dict[int, dict[str, Any]]]:
    """Return person → event → context of the message, without facts that the person knows.

    A person knows an event from the last message about it, or otherwise from the page on which they
    RSVPed. Two queries.
    """
    latest = RsvpChange.objects.filter(rsvp=OuterRef("pk")).order_by("-id").values("id")[:1]
    rows = audience.annotate(latest=Subquery(latest)).values_list("user", "event", "latest")
    latest_ids = {(user_id, event_id): latest_id for user_id, event_id, latest_id in rows}
    messages = _last_messages(announcement, current, {user_id for user_id, _ in latest_ids})
    contexts: dict[int, dict[int, dict[str, Any]]] = defaultdict(dict)
    for (user_id, event_id), latest_id in latest_ids.items():
        was = messages.get((user_id, event_id))
        if was is None:
            was = _facts_at_rsvp(announcement.changes[str(event_id)], latest_id)
        context = _difference(current[event_id], was) if was else None
        if context is not None:
            contexts[user_id][event_id] = context
    return {
        user_id: {event_id: mine[event_id] for event_id in current if event_id in mine}
        for user_id, mine in contexts.items()
    }


def _last_messages(
    announcement: Announcement, current: Mapping[int, Any], people: Iterable[int]
) -> dict[tuple[int, int], Facts]:
    """Return the facts of the last message about each event since the first of these changes."""
    entries = [entry for waiting in announcement.changes.values() for entry in waiting]
    since = min(datetime.fromisoformat(entry["at"]) for entry in entries) - _CLOCKS_DIFFER
    messages = Notification.objects.filter(
        user__in=people, event_id__in=current, created_at__gte=since
    ).order_by("id")
    return {
        (message.user_id, context["event"]["id"]): context["event"]
        | {"is_postponed": bool(context.get("is_postponed"))}
        for message in messages.only("user", "context")
        if "event" in (context := message.context)
    }


def _facts_at_rsvp(waiting: Sequence[dict[str, Any]], latest_id: int) -> Facts | None:
    """Return the facts before the first change after this RSVP; None if it saw all changes."""
    unseen = (entry["was"] for entry in waiting if entry["last_answer"] >= latest_id)
    return next(unseen, None)


def _difference(now: dict[str, Any], was: Facts) -> dict[str, Any] | None:
    """Return the context of the message, or None if no announced fact differs."""
    event = now["event"]
    before = {
        fact: was[fact]
        for fact in ("starts_at", "ends_at", "location")
        if _value(fact, was[fact]) != _value(fact, event[fact])
    }
    is_put_off = now["is_postponed"] and not was["is_postponed"]
    if not before and now["is_postponed"] == was["is_postponed"]:
        return None
    if before.keys() & {"starts_at", "ends_at"}:
        # Messages and windows that an earlier version wrote have no days.
        others = {"timezone": was["timezone"], "days": was.get("days")}
        before |= {name: old for name, old in others.items() if old != event.get(name)}
    return {"event": event} | ({"is_postponed": True} if is_put_off else {"before": before})


def _value(fact: str, written: str) -> Any:
    """Return the value to compare; times as instants, because offsets may differ."""
    return written if fact == "location" else datetime.fromisoformat(written)
