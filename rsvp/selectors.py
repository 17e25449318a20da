"""Reads of RSVPs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Case, Count, F, Q, Sum, When
from django.db.models.functions import Coalesce, Lower
from django.db.models.lookups import Exact
from django.utils import timezone

from accounts.models import User
from core.email_addresses import canonical_email
from core.validators import normalize_name
from events.models import Event, Tally
from rsvp.attendance import check_in_was_used
from rsvp.exceptions import HasNoSeat, PersonNotFound, RsvpNotFound
from rsvp.models import (
    RsvpChange,
    CalendarFeed,
    CheckIn,
    FormerTimes,
    Rsvp,
    RsvpQuerySet,
)

Status = Rsvp.Status
EVERY_STATUS = "all"


def my_rsvps(user: User, event_ids: Sequence[int]) -> dict[int, Rsvp]:
    """The person's answers to these events, for EVENT_EXTRAS: one query."""
    mine = Rsvp.objects.of_person(user).filter(event_id__in=event_ids).with_position()
    return {rsvp.event_id: rsvp for rsvp in mine}


def answers_of(user: User) -> RsvpQuerySet:
    """The person's answers, as they see them."""
    mine = Rsvp.objects.of_person(user).select_related("event", "user")
    return mine.with_position().with_shown_status()


def answer_of(*, user: User, event: Event) -> Rsvp:
    """Raises RsvpNotFound."""
    try:
        return answers_of(user).get(event=event)
    except Rsvp.DoesNotExist as error:
        raise RsvpNotFound from error


def add_position(rsvp: Rsvp) -> Rsvp:
    """Set the fields of `answers_of` on an RSVP that was just written: a query only if it waits."""
    add_positions([rsvp])
    return rsvp


def add_positions(rsvps: Sequence[Rsvp]) -> None:
    """As `add_position`, for RSVPs to several events: one query, if any of them waits."""
    waiting = [rsvp.pk for rsvp in rsvps if rsvp.status == Status.WAITLISTED]
    lines = Rsvp.objects.filter(pk__in=waiting).with_position()
    positions = {each.pk: each.waitlist_position for each in lines} if waiting else {}
    for rsvp in rsvps:
        rsvp.shown_status, rsvp.waitlist_position = rsvp.status, positions.get(rsvp.pk)


def attendees_of(
    *, event: Event, status: str, is_checked_in: bool | None = None, search: str = ""
) -> RsvpQuerySet:
    """Return the RSVPs as the organizer sees them; `status` may be EVERY_STATUS.

    The search covers names, and the addresses that are shown. Waiting parties come in the
    order of the waitlist, all others in the order of their first RSVP.
    """
    answers = Rsvp.objects.filter(event=event).existing().select_related("user")
    if status != EVERY_STATUS:
        answers = answers.filter(status=status)
    if is_checked_in is not None:
        answers = answers.filter(checked_in_at__isnull=not is_checked_in)
    if search:
        answers = answers.filter(
            Q(user__username__icontains=search)
            | Q(user__display_name__icontains=normalize_name(search))
            | Q(
                Q(is_confirmed=True) | ~Q(own_status=""),
                user__email__icontains=canonical_email(search),
                user__erased_at=None,
            )
        )
    return answers.order_by(*(["line_no"] if status == Status.WAITLISTED else ["id"]))


def public_attendees_of(*, event: Event, status: str) -> RsvpQuerySet:
    """Return the RSVPs as everyone sees them, without unconfirmed walk-ins."""
    rsvps = Rsvp.objects.filter(event=event).with_personal_status(status)
    return rsvps.select_related("user").order_by("id")


def check_in_window(times: Event | FormerTimes) -> tuple[datetime, datetime]:
    """Return from when on, and up to when, people are checked in."""
    opens = timedelta(minutes=settings.CHECK_IN_OPENS_MINUTES)
    closes = timedelta(minutes=settings.CHECK_IN_CLOSES_MINUTES)
    return times.start_time - opens, times.end_time + closes


def attendance_of(event: Event) -> dict[str, Any]:
    """Return how many people answered, have seats and are there; from the tally, in one query."""
    tallies = Tally.objects.annotate(is_used=check_in_was_used(tally=""))
    tally: Any = tallies.get(pk=event.pk)
    opens_at, closes_at = check_in_window(event)
    missing = tally.going - tally.arrived
    is_over = closes_at <= timezone.now() or tally.check_in_closed_at is not None
    is_known = tally.is_used and is_over and not event.is_cancelled
    return {
        "answered": tally.going + tally.interested + tally.waiting,
        "going": tally.going,
        "interested": tally.interested,
        "waiting": tally.waiting,
        "max_attendees": tally.max_attendees,
        "spots_left": tally.spots_left,
        "arrived": tally.arrived,
        "missing": missing,
        "is_used": tally.is_used,
        "no_shows": missing if is_known else None,
        "opens_at": opens_at,
        "closes_at": closes_at,
        "check_in_closed_at": tally.check_in_closed_at,
    }


def person(*, user_id: int | None = None, username: str = "") -> User:
    """Whoever has this id, or this name in any case, and may act. Raises PersonNotFound."""
    is_them = Q(pk=user_id) if user_id else Q(Exact(Lower("username"), username.lower()))
    try:
        return User.objects.get(is_them, is_active=True)
    except User.DoesNotExist as error:
        raise PersonNotFound from error


def seat_of(*, user: User, event: Event) -> Rsvp:
    """The answer that holds the person's seats. Raises RsvpNotFound, HasNoSeat."""
    rsvp = answer_of(user=user, event=event)
    if rsvp.shown_status != Status.GOING:
        raise HasNoSeat
    return rsvp


def export_of(user: User) -> dict[str, list[dict[str, Any]]]:
    """Return a person's RSVPs with their history, check-ins of and by them, and their feed.

    Unconfirmed walk-ins are data about the person, too, but without the event's title: otherwise
    organizers could write into everybody's export.
    """
    columns = [field.attname for field in Rsvp._meta.concrete_fields]
    history = [field.attname for field in RsvpChange._meta.concrete_fields]
    scans = [field.attname for field in CheckIn._meta.concrete_fields]
    mine = Rsvp.objects.filter(user=user).order_by("pk")
    is_hidden = When(is_confirmed=False, own_status="", then=None)
    title = Case(is_hidden, default=F("event__title"))
    changes = RsvpChange.objects.filter(rsvp__user=user).order_by("pk")
    checked_in = CheckIn.objects.filter(Q(rsvp__user=user) | Q(by=user)).order_by("pk")
    return {
        "rsvp.rsvp": list(mine.values(*columns, event_title=title)),
        "rsvp.answer": list(changes.values(*history)),
        "rsvp.checkin": [_own_part(row, user) for row in checked_in.values(*scans, "rsvp__user")],
        # Without what opens it.
        "rsvp.calendarfeed": list(
            CalendarFeed.objects.filter(user=user).values("id", "created_at")
        ),
    }


def _own_part(check_in: dict[str, Any], user: User) -> dict[str, Any]:
    """Leave out the RSVP before a walk-in of somebody whom the person checked in."""
    is_theirs = check_in.pop("rsvp__user") == user.pk
    return {
        name: value for name, value in check_in.items() if is_theirs or not name.endswith("_before")
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
    fields = ("going", "interested", "waiting", "passed_over", "arrived")
    tallies = Tally.objects.annotate(
        rows_going=_people(Q(event__rsvps__status=Status.GOING)),
        rows_interested=_people(Q(event__rsvps__status=Status.INTERESTED)),
        rows_arrived=Coalesce(Sum("event__rsvps__arrived"), 0),
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


def seats_to_give_back() -> RsvpQuerySet:
    """What whoever is deactivated gives back, of those who are not at the event already."""
    return Rsvp.objects.live().filter(arrived=0, event__end_time__gt=timezone.now())


def seats_given_up_by(people: Sequence[User]) -> dict[int, str]:
    """Return a sentence about the RSVPs that a deactivation ends, by user id. One query."""
    rows = seats_to_give_back().filter(user__in=people).order_by().values("user")
    return {
        row["user"]: f"Gives up RSVPs to {row['events']} event{'' if row['events'] == 1 else 's'}."
        for row in rows.annotate(events=Count("pk"))
    }


def answers_of_inactive_people() -> RsvpQuerySet:
    """Seats and places that a deactivation, cut off in the middle, has left behind."""
    return seats_to_give_back().filter(user__is_active=False)
