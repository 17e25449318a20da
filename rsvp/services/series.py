"""What one person answers to all dates of a series that are still to come.

One answer for the dates that there are; each is judged by its own seats, and a
refusal undoes nothing at the others. The number of statements does not grow
with the dates, but for one where a line may move.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from core.errors import RuleBroken
from events.exceptions import SeriesCancelled, SeriesNotFound, SeriesOver
from events.models import Event, Series, Tally
from events.services.tallies import lock_tallies
from rsvp.exceptions import EventFull, NotAttendingOwnSeries, OrganizerInactive, RsvpNotFound
from rsvp.messages.receipts import send_series_receipt
from rsvp.models import RsvpChange, CheckIn, Rsvp
from rsvp.services.rsvps import lock_attendee
from rsvp.services.seat_limits import SeatLimits
from rsvp.services.seats import COUNTS, note, seat_those_waiting, seats_or_line
from rsvp.services.unconfirmed import claim, take_back

Status = Rsvp.Status
_WRITTEN = [
    "status", "guests", "line_no", "ticket_no", "arrived", "checked_in_at", "is_confirmed",
    "own_status", "own_guests", "updated_at",
]  # fmt: skip


@dataclass
class Outcome:
    """What became of the answer at one date: as it stands now, or why it was refused."""

    event: Event
    tally: Tally
    rsvp: Rsvp
    has_row: bool
    is_new: bool  # new to the attendee, who does not see unconfirmed walk-ins
    status_before: str
    answer: RsvpChange | None = None
    denied: CheckIn | None = None
    refusal: RuleBroken | None = None


@transaction.atomic
def join_series(
    *,
    series_id: int,
    attendee: User,
    guests: int | None = None,
    may_wait: bool = True,
    address: str | None = None,
) -> list[Outcome]:
    """Take seats or waitlist places at every future date, the soonest first.

    A date refuses as `join_event` does, but the limits by the client's address are checked for all
    dates at once. Raises SeriesNotFound, SeriesCancelled, SeriesOver, OrganizerInactive, and the
    errors of `SeatLimits.count`.
    """

    def join(tallies: dict[int, Tally], full: Collection[int] = ()) -> list[Outcome]:
        def choose(date: Outcome) -> tuple[Status, int]:
            rsvp = date.rsvp
            kept = rsvp.guests if rsvp.is_unconfirmed_walk_in else rsvp.personal_guests
            party = kept if guests is None else guests
            status = seats_or_line(date.tally, rsvp, party)
            if date.event.pk in full:
                raise EventFull
            limits.judge(date.event, rsvp, party)
            return status, party

        dates, is_verified = _open(tallies, series_id, attendee)
        limits = SeatLimits(attendee=attendee, is_verified=is_verified, address=address)
        outcomes = _answer_all(dates, choose)
        limits.count()
        return outcomes

    tallies = _lock(series_id)
    with transaction.atomic():
        outcomes = join(tallies)
        waiting = {
            date.event.pk
            for date in outcomes
            if not date.refusal and date.rsvp.status == Status.WAITLISTED
        }
        is_refused = bool(waiting) and not may_wait
        transaction.set_rollback(is_refused)
    # Only the line itself knows whom it seats, so who may not wait tries once. Then the rows are
    # as before, and still locked: the locks are older than what was taken back.
    return join(lock_tallies(tallies), full=waiting) if is_refused else outcomes


@transaction.atomic
def mark_interested_in_series(
    *, series_id: int, attendee: User, guests: int | None = None
) -> list[Outcome]:
    """Note an interest in every date to come, giving up seats and places in line there.

    Raises SeriesNotFound, SeriesCancelled, SeriesOver and OrganizerInactive.
    """

    def choose(date: Outcome) -> tuple[Status, int]:
        return Status.INTERESTED, date.rsvp.personal_guests if guests is None else guests

    dates, _ = _open(_lock(series_id), series_id, attendee)
    return _answer_all(dates, choose)


@transaction.atomic
def leave_series(*, series_id: int, attendee: User) -> list[Outcome]:
    """Cancel every answer of the attendee to a date to come; leaving twice is no error.

    Dates that they never answered are left out. Raises SeriesNotFound,
    SeriesCancelled, SeriesOver and RsvpNotFound (the owner: NotAttendingOwnSeries).
    """
    dates, _ = _open(_lock(series_id), series_id, attendee, is_leaving=True)
    answered = [date for date in dates if not date.is_new or date.rsvp.is_unconfirmed_walk_in]
    if not answered:
        if dates[0].event.created_by_id == attendee.pk:
            raise NotAttendingOwnSeries
        raise RsvpNotFound("You have no RSVP for this series.")
    return _answer_all(answered, lambda date: (Status.CANCELLED, date.rsvp.personal_guests))


def _lock(series_id: int) -> dict[int, Tally]:
    ids = Event.objects.published().to_come(timezone.now()).filter(series=series_id)
    return lock_tallies(ids.values_list("pk", flat=True))


def _open(
    tallies: dict[int, Tally], series_id: int, attendee: User, *, is_leaving: bool = False
) -> tuple[list[Outcome], bool]:
    """Return the open dates, read under the locks of their tallies.

    And whether the attendee's address is verified; False when leaving.
    """
    series = Series.objects.only("status", "deleted_at").filter(pk=series_id).first()
    if series is None or series.is_hidden:
        raise SeriesNotFound
    if series.status == Event.Status.CANCELLED:
        raise SeriesCancelled
    open_ones = Event.objects.published().to_come(timezone.now()).with_organizer_state()
    events = list(open_ones.filter(pk__in=tallies).order_by("start_time", "id"))
    if not events:
        raise SeriesOver
    # All dates of a series have one owner. Leaving is possible whoever that is.
    if not is_leaving and events[0].is_organizer_inactive:
        raise OrganizerInactive
    is_verified = not is_leaving and lock_attendee(attendee)
    mine = {each.event_id: each for each in Rsvp.objects.filter(user=attendee, event__in=events)}
    dates = []
    for event in events:
        rsvp = mine.get(event.pk) or Rsvp()
        rsvp.event, rsvp.user = event, attendee
        has_row = event.pk in mine
        dates.append(
            Outcome(
                event,
                tallies[event.pk],
                rsvp,
                has_row=has_row,
                is_new=not has_row or not rsvp.is_own,
                status_before=rsvp.personal_status,
            )
        )
    return dates, is_verified


def _answer_all(
    dates: list[Outcome], choose: Callable[[Outcome], tuple[Status, int]]
) -> list[Outcome]:
    """Give each date the answer that `choose` has for it, or keep its refusal."""
    for date in dates:
        try:
            date.answer = _note(date, *choose(date))
        except RuleBroken as refusal:
            date.refusal = refusal
    changed = [date for date in dates if date.answer]
    _save(changed)
    seated = seat_those_waiting((date.tally, date.event) for date in changed)
    told = []
    for date in changed:
        if date.rsvp.pk in seated:  # it waited, and shrank; it was told of the promotion
            attendee, date.rsvp = date.rsvp.user, seated[date.rsvp.pk]
            date.rsvp.user = attendee
        elif date.answer:
            told.append((date.rsvp, date.answer, date.status_before))
    send_series_receipt(told)
    return dates


def _note(date: Outcome, status: Status, guests: int) -> RsvpChange | None:
    """Apply one RSVP; `going` confirms a walk-in, any other status denies it."""
    rsvp = date.rsvp
    is_claimed = not rsvp.is_confirmed
    if rsvp.is_unconfirmed_walk_in and status in (Status.INTERESTED, Status.CANCELLED):
        date.denied = take_back(date.tally, rsvp, rsvp.user)
    if status != Status.CANCELLED or rsvp.is_own:
        claim(rsvp)
    return note(date.tally, rsvp, status, guests, is_claimed=is_claimed)


def _save(dates: list[Outcome]) -> None:
    """As upserts: the CASE of each value in a bulk_update takes Django seconds at 366 dates."""
    Rsvp.objects.bulk_create([date.rsvp for date in dates if not date.has_row])
    changed = [date.rsvp for date in dates if date.has_row]
    created_at = [rsvp.created_at for rsvp in changed]
    Rsvp.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=_WRITTEN,
    )
    for rsvp, at in zip(changed, created_at, strict=True):
        rsvp.created_at = at  # in memory an insert has just set it
    RsvpChange.objects.bulk_create([date.answer for date in dates if date.answer])
    CheckIn.objects.bulk_create([date.denied for date in dates if date.denied])
    Tally.objects.bulk_create(
        [date.tally for date in dates],
        update_conflicts=True,
        unique_fields=["event"],
        update_fields=COUNTS,
    )
