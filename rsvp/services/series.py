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
from config.errors import RuleBroken
from events.models import Event, Series, Tally
from events.selectors import SeriesNotFound
from events.services.series import SeriesCancelled, SeriesOver
from events.services.tallies import lock_tallies
from rsvp.messages import tell_of_answers_to_series
from rsvp.models import Answer, Rsvp
from rsvp.selectors import RsvpNotFound
from rsvp.services.answers import lock_attendee
from rsvp.services.seats import COUNTS, EventFull, note, seat_those_waiting, seats_or_line

Status = Rsvp.Status


@dataclass
class Outcome:
    """What became of the answer at one date: as it stands now, or why it was refused."""

    event: Event
    tally: Tally
    rsvp: Rsvp
    is_new: bool
    answer: Answer | None = None
    refusal: RuleBroken | None = None


@transaction.atomic
def join_series(
    *, series_id: int, attendee: User, guests: int | None = None, may_wait: bool = True
) -> list[Outcome]:
    """Take seats, or places in line, at every date to come, the soonest first.

    A date refuses as `join_event` does. Raises SeriesNotFound, SeriesCancelled
    and SeriesOver.
    """

    def join(tallies: dict[int, Tally], full: Collection[int] = ()) -> list[Outcome]:
        def choose(date: Outcome) -> tuple[Status, int]:
            party = date.rsvp.guests if guests is None else guests
            status = seats_or_line(date.tally, date.rsvp, party)
            if date.event.pk in full:
                raise EventFull
            return status, party

        return _answer_all(_open(tallies, series_id, attendee), choose)

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

    Raises SeriesNotFound, SeriesCancelled and SeriesOver.
    """

    def choose(date: Outcome) -> tuple[Status, int]:
        return Status.INTERESTED, date.rsvp.guests if guests is None else guests

    return _answer_all(_open(_lock(series_id), series_id, attendee), choose)


@transaction.atomic
def leave_series(*, series_id: int, attendee: User) -> list[Outcome]:
    """Cancel every answer of the attendee to a date to come; leaving twice is no error.

    Dates that they never answered are left out. Raises SeriesNotFound,
    SeriesCancelled, SeriesOver and RsvpNotFound.
    """
    dates = _open(_lock(series_id), series_id, attendee, is_leaving=True)
    answered = [date for date in dates if not date.is_new]
    if not answered:
        raise RsvpNotFound("You have not answered this series.")
    return _answer_all(answered, lambda date: (Status.CANCELLED, date.rsvp.guests))


def _lock(series_id: int) -> dict[int, Tally]:
    ids = Event.objects.listed().to_come(timezone.now()).filter(series=series_id)
    return lock_tallies(ids.values_list("pk", flat=True))


def _open(
    tallies: dict[int, Tally], series_id: int, attendee: User, *, is_leaving: bool = False
) -> list[Outcome]:
    """The dates that can be answered, and what is true under the locks of their tallies."""
    series = Series.objects.only("status", "deleted_at").filter(pk=series_id).first()
    if series is None or series.is_hidden:
        raise SeriesNotFound
    if series.status == Event.Status.CANCELLED:
        raise SeriesCancelled
    listed = Event.objects.listed().to_come(timezone.now())
    events = list(listed.filter(pk__in=tallies).order_by("start_time", "id"))
    if not events:
        raise SeriesOver
    if not is_leaving:
        lock_attendee(attendee)
    mine = {each.event_id: each for each in Rsvp.objects.filter(user=attendee, event__in=events)}
    dates = []
    for event in events:
        rsvp = mine.get(event.pk) or Rsvp()
        rsvp.event, rsvp.user = event, attendee
        rsvp.has_answered |= not is_leaving
        dates.append(Outcome(event, tallies[event.pk], rsvp, is_new=rsvp.pk is None))
    return dates


def _answer_all(
    dates: list[Outcome], choose: Callable[[Outcome], tuple[Status, int]]
) -> list[Outcome]:
    """Give each date the answer that `choose` has for it, or keep its refusal."""
    for date in dates:
        try:
            date.answer = note(date.tally, date.rsvp, *choose(date))
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
            told.append((date.rsvp, date.answer))
    tell_of_answers_to_series(told)
    return dates


def _save(dates: list[Outcome]) -> None:
    """As upserts: the CASE of each value in a bulk_update takes Django seconds at 366 dates."""
    Rsvp.objects.bulk_create([date.rsvp for date in dates if date.is_new])
    changed = [date.rsvp for date in dates if not date.is_new]
    created_at = [rsvp.created_at for rsvp in changed]
    Rsvp.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["status", "guests", "line_no", "ticket_no", "has_answered", "updated_at"],
    )
    for rsvp, at in zip(changed, created_at, strict=True):
        rsvp.created_at = at  # in memory an insert has just set it
    Answer.objects.bulk_create([date.answer for date in dates if date.answer])
    Tally.objects.bulk_create(
        [date.tally for date in dates],
        update_conflicts=True,
        unique_fields=["event"],
        update_fields=COUNTS,
    )
