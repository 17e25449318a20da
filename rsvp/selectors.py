"""Queries for RSVPs, attendees and attendance."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from django.conf import settings
from django.db.models import BigIntegerField, Case, Count, F, IntegerField, Q, Value, When
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.utils import timezone

from accounts.models import User
from core.api.pagination import RowQuery
from core.database.statements import Now, Parameter, Statement
from core.email_addresses import canonical_email
from core.validators import normalize_name
from events.models import Event, Tally
from events.selectors import get_visible, visible_to
from rsvp.attendance import check_in_was_used
from rsvp.exceptions import HasNoSeat, PersonNotFound, RsvpNotFound
from rsvp.models import (
    CalendarFeed,
    CheckIn,
    FormerTimes,
    Rsvp,
    RsvpChange,
    RsvpQuerySet,
    RsvpTicket,
)
from rsvp.models.rsvps import POSITION

Status = Rsvp.Status
EVERY_STATUS = "all"
MOST_LISTS = 100  # of attendees, compiled in one process

OWN_COLUMNS = (
    "id", "event_id", "event__title", "event__location", "event__start_time", "event__end_time",
    "event__is_all_day", "event__timezone", "event__status", "event__deleted_at", "is_confirmed",
    "shown_status", "guests", "own_guests", "has_tickets", "waitlist_position", "checked_in_at",
    "created_at", "updated_at",
)  # fmt: skip
PUBLIC_COLUMNS = (
    "user_id", "user__username", "user__display_name", "is_confirmed", "status", "guests",
    "own_status", "own_guests", "created_at",
)  # fmt: skip
OWNER_COLUMNS = (
    *PUBLIC_COLUMNS, "id", "has_tickets", "user__email", "user__erased_at", "arrived",
    "checked_in_at",
)  # fmt: skip
_READER, _EVENT = (Parameter(name, BigIntegerField()) for name in ("reader", "event"))


# The same as `my_rsvps` with MyRsvpSerializer, as part of a statement for many events.
_MY_POSITION = POSITION.format(
    event="my.event_id", line_no="my.line_no", guests="my.guests", rsvp="my.id"
)
MY_RSVP_SQL = f"""
    SELECT json_build_object(
        'status', CASE WHEN my.is_confirmed THEN my.status ELSE my.own_status END,
        'guests', CASE WHEN my.is_confirmed THEN my.guests ELSE my.own_guests END,
        'waitlist_position', {_MY_POSITION}
    )
    FROM rsvp_rsvp AS my
    WHERE my.event_id = {{event}} AND my.user_id = {{reader}}
        AND (my.is_confirmed OR my.own_status <> '')
"""  # noqa: S608


def my_rsvps(user: User, event_ids: Sequence[int]) -> dict[int, Rsvp]:
    """Return the person's RSVPs to these events, by event ID, with one query."""
    rsvps = Rsvp.objects.of_person(user).filter(event_id__in=event_ids).with_position()
    return {rsvp.event_id: rsvp for rsvp in rsvps}


def rsvps_of(user: User) -> RsvpQuerySet:
    """Return the person's RSVPs as they see them."""
    rsvps = Rsvp.objects.of_person(user).select_related("event", "user")
    return rsvps.with_position().with_has_tickets().with_shown_status()


def tickets_shown(rsvp_ids: Collection[int]) -> dict[int, list[dict[str, Any]]]:
    """Return the tickets of each of these parties, as they are shown, with one query."""
    shown: dict[int, list[dict[str, Any]]] = defaultdict(list)
    if rsvp_ids:
        sold = RsvpTicket.objects.filter(rsvp__in=rsvp_ids)
        ordered = sold.order_by("ticket_type__position", "ticket_type")
        for rsvp, pk, name, quantity in ordered.values_list(
            "rsvp", "ticket_type", "ticket_type__name", "quantity"
        ):
            shown[rsvp].append({"ticket_type": pk, "name": name, "quantity": quantity})
    return shown


def tickets_in_words(rsvp_ids: Collection[int]) -> dict[int, str]:
    """Return the tickets of each of these parties, such as `2 × Regular, 1 × VIP`; one query."""
    return {
        rsvp: ", ".join(f"{sold['quantity']} × {sold['name']}" for sold in tickets)
        for rsvp, tickets in tickets_shown(rsvp_ids).items()
    }


@cache
def own_rsvps(*, when: str, status: str) -> RowQuery:
    """Return the OWN_COLUMNS of the RSVPs of `reader`, latest event first.

    Those of upcoming events have the next event first.
    """
    rsvps = _own_rsvps().order_by("-event__start_time", "-id")
    if when == "upcoming":
        rsvps = rsvps.filter(event__end_time__gt=Now()).order_by("event__start_time", "id")
    elif when == "past":
        rsvps = rsvps.filter(event__end_time__lte=Now())
    if status:
        rsvps = rsvps.filter(Q(("shown_status", status)))
    return RowQuery(rsvps.values_list(*OWN_COLUMNS))


def own_rsvp(*, user: User, event_id: int) -> tuple[Any, ...]:
    """Return the OWN_COLUMNS of the person's RSVP. Raises EventNotFound and RsvpNotFound."""
    for row in _own_rsvp().rows(reader=user.pk, event=event_id):
        return row
    get_visible(event_id=event_id, user=user)
    raise RsvpNotFound


@cache
def _own_rsvp() -> Statement:
    rsvps = _own_rsvps().filter(event=_EVENT, event__in=visible_to(_READER))
    return Statement.of(rsvps.order_by().values_list(*OWN_COLUMNS))


def _own_rsvps() -> RsvpQuerySet:
    rsvps = Rsvp.objects.of_person(_READER).with_position()
    return rsvps.with_has_tickets().with_shown_status()


def rsvp_of(*, user: User, event: Event) -> Rsvp:
    """Raises RsvpNotFound."""
    try:
        return rsvps_of(user).get(event=event)
    except Rsvp.DoesNotExist as error:
        raise RsvpNotFound from error


def add_positions(rsvps: Sequence[Rsvp]) -> None:
    """Set the annotations of `rsvps_of` on saved RSVPs.

    Positions that `rsvp.services` did not set are read with one query.
    """
    for rsvp in rsvps:
        rsvp.shown_status = rsvp.status
        vars(rsvp).setdefault("has_tickets", False)
        if rsvp.status != Status.WAITLISTED:
            rsvp.waitlist_position = None
    unknown = [rsvp for rsvp in rsvps if not hasattr(rsvp, "waitlist_position")]
    if unknown:
        rows = Rsvp.objects.filter(pk__in=[rsvp.pk for rsvp in unknown]).with_position()
        positions = {row.pk: row.waitlist_position for row in rows}
        for rsvp in unknown:
            rsvp.waitlist_position = positions.get(rsvp.pk)


def attendees_of(
    *, event: Event | Parameter, status: str, is_checked_in: bool | None = None, search: str = ""
) -> RsvpQuerySet:
    """Return the RSVPs as the organizer sees them; `status` may be EVERY_STATUS.

    The search covers names, and the addresses that are shown. Waiting parties come in the
    order of the waitlist, all others in the order of their first RSVP.
    """
    rsvps = Rsvp.objects.filter(event=event).existing().select_related("user")
    if status != EVERY_STATUS:
        rsvps = rsvps.filter(status=status)
    if is_checked_in is not None:
        rsvps = rsvps.filter(checked_in_at__isnull=not is_checked_in)
    if search:
        rsvps = rsvps.filter(
            Q(user__username__icontains=search)
            | Q(user__display_name__icontains=normalize_name(search))
            | Q(
                Q(is_confirmed=True) | ~Q(own_status=""),
                user__email__icontains=canonical_email(search),
                user__erased_at=None,
            )
        )
    return rsvps.order_by("line_no" if status == Status.WAITLISTED else "id")


@cache
def public_attendees(*, status: str) -> RowQuery:
    """Return the PUBLIC_COLUMNS for everyone, without unconfirmed walk-ins, at `event`."""
    rsvps = Rsvp.objects.filter(event=_EVENT).with_personal_status(status)
    return RowQuery(rsvps.order_by("id").values_list(*PUBLIC_COLUMNS))


@lru_cache(MOST_LISTS)
def attendees_for_owner(*, status: str, is_checked_in: bool | None, search: str) -> RowQuery:
    """Return the OWNER_COLUMNS of `attendees_of` at `event`, and their places on the waitlist."""
    rsvps = attendees_of(event=_EVENT, status=status, is_checked_in=is_checked_in, search=search)
    rsvps = rsvps.with_has_tickets()
    if status in (Status.WAITLISTED, EVERY_STATUS):
        return RowQuery(rsvps.with_position().values_list(*OWNER_COLUMNS, "waitlist_position"))
    return RowQuery(rsvps.values_list(*OWNER_COLUMNS, Value(None, IntegerField())))


def check_in_window(times: Event | FormerTimes) -> tuple[datetime, datetime]:
    """Return when check-in opens, and when it closes."""
    opens = timedelta(minutes=settings.CHECK_IN_OPENS_MINUTES)
    closes = timedelta(minutes=settings.CHECK_IN_CLOSES_MINUTES)
    return times.start_time - opens, times.end_time + closes


def attendance_of(event: Event) -> dict[str, Any]:
    """Return how many people RSVPed, have seats and have arrived; one query, on the tally."""
    tallies = Tally.objects.annotate(is_used=check_in_was_used(tally=""))
    tally: Any = tallies.get(pk=event.pk)
    opens_at, closes_at = check_in_window(event)
    missing = tally.going - tally.arrived
    is_over = closes_at <= timezone.now() or tally.check_in_closed_at is not None
    is_known = tally.is_used and is_over and not event.is_cancelled
    return {
        "answered": tally.taken + tally.interested + tally.waiting,
        "going": tally.going,
        "held": tally.held,
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
    """Return the active person with this ID, or this name in any case. Raises PersonNotFound."""
    match = Q(pk=user_id) if user_id else Q(Exact(Lower("username"), username.lower()))
    try:
        return User.objects.get(match, is_active=True)
    except User.DoesNotExist as error:
        raise PersonNotFound from error


def seat_of(*, user: User, event: Event) -> Rsvp:
    """Return the RSVP with the person's seats. Raises RsvpNotFound and HasNoSeat."""
    rsvp = rsvp_of(user=user, event=event)
    if rsvp.shown_status != Status.GOING:
        raise HasNoSeat
    return rsvp


def export_of(user: User) -> dict[str, list[dict[str, Any]]]:
    """Return a person's RSVPs with their history, check-ins of and by them, and their feed.

    The keys are part of the export's format. Unconfirmed walk-ins are data about the person, too,
    but without the event's title: otherwise organizers could write into everybody's export.
    """
    is_hidden = When(is_confirmed=False, own_status="", then=None)
    title = Case(is_hidden, default=F("event__title"))
    rsvps = Rsvp.objects.filter(user=user).annotate(event_title=title)
    changes = RsvpChange.objects.filter(rsvp__user=user)
    check_ins = CheckIn.objects.filter(Q(rsvp__user=user) | Q(by=user))
    check_ins = check_ins.annotate(attendee=F("rsvp__user")).order_by("pk")
    # Without the secret and its digest.
    feeds = CalendarFeed.objects.filter(user=user).values("id", "created_at")
    tables: dict[str, Any] = {
        "rsvp.rsvp": list(rsvps.order_by("pk").values()),
        "rsvp.rsvpticket": list(RsvpTicket.objects.filter(rsvp__user=user).order_by("pk").values()),
        "rsvp.answer": list(changes.order_by("pk").values()),
        "rsvp.checkin": [_own_part(row, user) for row in check_ins.values()],
        "rsvp.calendarfeed": list(feeds),
    }
    return tables


def _own_part(check_in: Any, user: User) -> dict[str, Any]:
    """Leave out the earlier RSVPs of walk-ins whom the person checked in."""
    is_theirs = check_in.pop("attendee") == user.pk
    return {
        name: value for name, value in check_in.items() if is_theirs or not name.endswith("_before")
    }


def rsvps_to_cancel() -> RsvpQuerySet:
    """Return the RSVPs that end with their person's deactivation: those not yet checked in."""
    return Rsvp.objects.live().filter(arrived=0, event__end_time__gt=timezone.now())


def seats_given_up_by(people: Sequence[User]) -> dict[int, str]:
    """Return a sentence about the RSVPs that a deactivation ends, by user ID. One query."""
    rows = rsvps_to_cancel().filter(user__in=people).order_by().values("user")
    return {
        row["user"]: f"Gives up RSVPs to {row['events']} event{'' if row['events'] == 1 else 's'}."
        for row in rows.annotate(events=Count("pk"))
    }


def rsvps_of_inactive_people() -> RsvpQuerySet:
    """Return the RSVPs that an interrupted deactivation left behind."""
    return rsvps_to_cancel().filter(user__is_active=False)
