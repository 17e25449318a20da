"""Reads of RSVPs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import User
from config.errors import NotThere
from events.models import Event, EventQuerySet, Tally
from notifications.models import Notification
from rsvp.models import Answer, CalendarFeed, Rsvp, RsvpQuerySet

Status = Rsvp.Status
FRESH_FOR = timedelta(minutes=1)


class RsvpNotFound(NotThere):
    message = "You have not answered this event."


def my_rsvps(user: User, event_ids: Sequence[int]) -> dict[int, Rsvp]:
    """The person's answers to these events, for EVENT_EXTRAS: one query."""
    mine = Rsvp.objects.filter(user=user, event_id__in=event_ids).with_position()
    return {rsvp.event_id: rsvp for rsvp in mine}


def answers_of(user: User) -> RsvpQuerySet:
    """The person's answers, as they see them."""
    mine = Rsvp.objects.filter(user=user).select_related("event", "user")
    return mine.with_position().with_shown_status()


def answer_of(*, user: User, event: Event) -> Rsvp:
    """Raises RsvpNotFound."""
    try:
        return answers_of(user).get(event=event)
    except Rsvp.DoesNotExist as error:
        raise RsvpNotFound from error


def add_position(rsvp: Rsvp) -> Rsvp:
    """What `answers_of` reads, for an answer that was just written: a query only in the line."""
    rsvp.shown_status = rsvp.status
    rsvp.waitlist_position = None
    if rsvp.status == Status.WAITLISTED:
        line = Rsvp.objects.line().filter(event_id=rsvp.event_id)
        rsvp.waitlist_position = line.filter(line_no__lte=rsvp.line_no).count()
    return rsvp


def add_positions(rsvps: Sequence[Rsvp]) -> None:
    """As `add_position`, for answers to several events: one query, if any of them waits."""
    waiting = [rsvp.pk for rsvp in rsvps if rsvp.status == Status.WAITLISTED]
    lines = Rsvp.objects.filter(pk__in=waiting).with_position()
    positions = {each.pk: each.waitlist_position for each in lines} if waiting else {}
    for rsvp in rsvps:
        rsvp.shown_status, rsvp.waitlist_position = rsvp.status, positions.get(rsvp.pk)


def attendees_of(*, event: Event, status: str) -> RsvpQuerySet:
    answers = Rsvp.objects.filter(event=event, status=status).select_related("user")
    if status == Status.WAITLISTED:
        return answers.with_position().order_by("line_no")
    return answers.order_by("id")


def reminder_still_holds(reminder: Notification) -> bool:
    """Whether the person still goes, and the event is still on at the time that it says."""
    going = Rsvp.objects.filter(user=reminder.user_id, status=Status.GOING)
    return going.filter(event__in=_events_as_told(reminder, "starts_at")).exists()


def change_still_holds(change: Notification) -> bool:
    """Whether the event is on, when and where this says; what just happened is told in any case."""
    return _is_fresh(change) or _events_as_told(change, "starts_at", "ends_at", "location").exists()


def receipt_still_holds(receipt: Notification) -> bool:
    """Whether no younger answer has a receipt of its own; what was just said is told in any case.

    Else, after an outage, "you are going" could be the last thing that somebody hears who left.
    """
    answer_id = int(receipt.occasion.rpartition(" ")[2])
    younger = Answer.objects.filter(
        rsvp__user=receipt.user_id, rsvp__event=receipt.event_id, id__gt=answer_id
    )
    return _is_fresh(receipt) or not younger.exists()


def _is_fresh(notification: Notification) -> bool:
    return timezone.now() - notification.created_at < FRESH_FOR


def _events_as_told(notification: Notification, *facts: str) -> EventQuerySet:
    said = notification.context["event"]
    told = {
        "starts_at": {"start_time": datetime.fromisoformat(said["starts_at"])},
        "ends_at": {"end_time": datetime.fromisoformat(said["ends_at"])},
        "location": {"location": said["location"]},
    }
    events = Event.objects.listed().filter(pk=said["id"])
    for fact in facts:
        events = events.filter(**told[fact])
    return events


def export_of(user: User) -> dict[str, list[dict[str, Any]]]:
    """A person's answers as they are now, every change of mind, and that they have a feed."""
    columns = [field.attname for field in Rsvp._meta.concrete_fields]
    history = [field.attname for field in Answer._meta.concrete_fields]
    mine = Rsvp.objects.filter(user=user).order_by("pk")
    changes = Answer.objects.filter(rsvp__user=user).order_by("pk")
    return {
        "rsvp.rsvp": list(mine.values(*columns, event_title=F("event__title"))),
        "rsvp.answer": list(changes.values(*history)),
        # Without what opens it.
        "rsvp.calendarfeed": list(
            CalendarFeed.objects.filter(user=user).values("id", "created_at")
        ),
    }


@dataclass(frozen=True)
class Difference:
    """A tally whose counts are not those of its rows."""

    event_id: int
    field: str
    tally: int
    rows: int


def tally_differences() -> Iterator[Difference]:
    """Recount every event from its rows, and tell where the tally says otherwise."""
    fields = ("going", "interested", "waiting", "passed_over")
    tallies = Tally.objects.annotate(
        rows_going=_people(Q(event__rsvps__status=Status.GOING)),
        rows_interested=_people(Q(event__rsvps__status=Status.INTERESTED)),
        rows_waiting=_people(Q(event__rsvps__status=Status.WAITLISTED)),
        rows_passed_over=_people(
            Q(
                event__rsvps__status=Status.WAITLISTED,
                event__rsvps__guests__gte=F("max_attendees"),
            )
        ),
    )
    for tally in tallies.order_by("pk").iterator():
        for field in fields:
            counted, recounted = getattr(tally, field), getattr(tally, f"rows_{field}")
            if counted != recounted:
                yield Difference(tally.pk, field, counted, recounted)


def _people(which: Q) -> Coalesce:
    return Coalesce(Sum(F("event__rsvps__guests") + 1, filter=which), 0)


def answers_of_inactive_people() -> RsvpQuerySet:
    """Seats and places that a deactivation, cut off in the middle, has left behind."""
    return Rsvp.objects.live().filter(user__is_active=False, event__end_time__gt=timezone.now())
