"""Who gets a seat, who waits, and who is next: every such rule is here.

Each write locks the event's tally first and only then reads what decides
(docs/adr/0002). Everyone joins the line, then the line is served: nobody
overtakes, parties are seated whole.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils import timezone

from events.models import Event, Tally
from rsvp.exceptions import HasArrived, NoSeatsToAdd, PartyTooLarge
from rsvp.messages.receipts import send_promotions, send_too_large
from rsvp.models import RsvpChange, Rsvp

Status = Rsvp.Status
# What an answer may change of a tally.
COUNTS = ["going", "interested", "waiting", "passed_over", "next_in_line", "arrived"]
_COUNTED_AS = {
    Status.GOING: "going",
    Status.INTERESTED: "interested",
    Status.WAITLISTED: "waiting",
}
_BATCH = 1000


def seats_or_line(tally: Tally, rsvp: Rsvp, guests: int) -> Status:
    """GOING where a party with so many guests gets seats now, else WAITLISTED.

    Raises PartyTooLarge, and NoSeatsToAdd where a holder asks for more seats
    than a newcomer could get.
    """
    party, seats_held = 1 + guests, rsvp.party if rsvp.status == Status.GOING else 0
    is_repeated = rsvp.status == Status.WAITLISTED and party == rsvp.party
    if not tally.can_ever_hold(party) and not is_repeated:
        raise PartyTooLarge
    # Where nobody who fits is waiting, the line would seat this party at once.
    gets_in = not tally.is_full and tally.has_room_for(party - seats_held)
    if gets_in or party <= seats_held:
        return Status.GOING
    if seats_held:
        raise NoSeatsToAdd
    return Status.WAITLISTED


def note(
    tally: Tally,
    rsvp: Rsvp,
    status: Status,
    guests: int,
    *,
    is_claimed: bool = False,
    line_no: int | None = None,
) -> RsvpChange | None:
    """Change the RSVP and the counts together; return the history row. The caller saves all.

    A repeated RSVP changes nothing and returns None, unless the person just confirmed a walk-in.
    `line_no` gives a party back the place in line that it had before. Raises HasArrived if
    checked-in people would lose their seats.
    """
    before, size_before = rsvp.status, rsvp.party
    if rsvp.pk and not is_claimed and (before, rsvp.guests) == (status, guests):
        return None
    if rsvp.arrived > (1 + guests if status == Status.GOING else 0):
        raise HasArrived
    now = timezone.now()
    _count(tally, rsvp, -1)
    grows = 1 + guests > size_before
    if status != Status.WAITLISTED:
        rsvp.line_no = None
    elif line_no is not None:
        rsvp.line_no = line_no
    elif before != Status.WAITLISTED or grows:
        rsvp.line_no = tally.next_in_line
        tally.next_in_line += 1
    if before == Status.GOING != status:
        rsvp.ticket_no += 1
    rsvp.status, rsvp.guests, rsvp.updated_at = status, guests, now
    _count(tally, rsvp, +1)
    return _answer(rsvp, before, now)


def note_and_save(
    tally: Tally,
    rsvp: Rsvp,
    status: Status,
    guests: int,
    *,
    is_claimed: bool = False,
    line_no: int | None = None,
) -> RsvpChange | None:
    """Do as `note`, and save the RSVP, its history and the counts.

    A repeated RSVP writes nothing and returns None. Raises HasArrived.
    """
    answer = note(tally, rsvp, status, guests, is_claimed=is_claimed, line_no=line_no)
    if answer is not None:
        rsvp.save()
        answer.save()
        tally.save(update_fields=COUNTS)
    return answer


def seat_those_waiting(lines: Iterable[tuple[Tally, Event]]) -> dict[int, Rsvp]:
    """Seat the head of each line while it fits; answers whom, by id. The tallies must be locked.

    Stops at the first party that does not fit, so that small parties behind
    never starve a large one. A party that no longer fits a lowered limit at all
    is passed over. At the start the line closes. One read for each line that
    may move, the writes together.
    """
    now = timezone.now()
    seated: list[Rsvp] = []
    moved: list[Tally] = []
    for tally, event in lines:
        if _may_move(tally, event, now) and (parties := _head_that_fits(tally, event)):
            people = sum(rsvp.party for rsvp in parties)
            tally.going += people
            tally.waiting -= people
            moved.append(tally)
            seated += parties
    if not seated:
        return {}
    for rsvp in seated:
        rsvp.status, rsvp.line_no, rsvp.updated_at = Status.GOING, None, now
    ids = [rsvp.pk for rsvp in seated]
    for start in range(0, len(ids), _BATCH):
        Rsvp.objects.filter(pk__in=ids[start : start + _BATCH]).update(
            status=Status.GOING, line_no=None, updated_at=now
        )
    answers = RsvpChange.objects.bulk_create(
        [_answer(rsvp, Status.WAITLISTED, now) for rsvp in seated], batch_size=_BATCH
    )
    send_promotions(seated, answers)
    Tally.objects.bulk_update(moved, ["going", "waiting"])
    return {rsvp.pk: rsvp for rsvp in seated}


def apply_new_limits(resized: Sequence[tuple[Event, Tally, int | None]]) -> None:
    """Pass over the parties that new limits exclude, tell those parties, and serve the lines.

    `resized` has each event with its tally and the limit before. The tallies must be locked.
    """
    now = timezone.now()
    excluded = []
    for event, tally, limit_before in resized:
        if tally.waiting:
            parties = _pass_over(tally, event, limit_before)
            excluded += [] if _is_closed(event, now) else parties
    send_too_large(excluded)
    seat_those_waiting((tally, event) for event, tally, _ in resized)


def _pass_over(tally: Tally, event: Event, limit_before: int | None) -> list[Rsvp]:
    """Count the parties that do not fit the limit; return those that fitted the one before."""
    limit = tally.max_attendees
    too_large = []
    if limit is not None:
        too_large = list(Rsvp.objects.line().filter(event=event, guests__gte=limit))
    tally.passed_over = sum(rsvp.party for rsvp in too_large)
    tally.save(update_fields=["passed_over"])
    event.tally = tally
    for rsvp in too_large:
        rsvp.event = event
    return [rsvp for rsvp in too_large if limit_before is None or rsvp.party <= limit_before]


def _may_move(tally: Tally, event: Event, now: datetime) -> bool:
    nobody_who_fits = tally.waiting <= tally.passed_over
    return not nobody_who_fits and not _is_closed(event, now)


def _is_closed(event: Event, now: datetime) -> bool:
    """Return whether nobody is promoted from the waitlist any more."""
    return event.is_hidden or event.is_cancelled or event.has_started(now)


def _head_that_fits(tally: Tally, event: Event) -> list[Rsvp]:
    line = Rsvp.objects.line().filter(event=event).up_to_size(tally.max_attendees)
    if tally.spots_left is not None:
        line = line[: tally.spots_left]
    head: list[Rsvp] = []
    people = 0
    for rsvp in line:
        if not tally.has_room_for(people + rsvp.party):
            break
        people += rsvp.party
        rsvp.event = event
        head.append(rsvp)
    return head


def _count(tally: Tally, rsvp: Rsvp, sign: int) -> None:
    if not rsvp.is_live:
        return
    people = sign * rsvp.party
    count = _COUNTED_AS[Status(rsvp.status)]
    setattr(tally, count, getattr(tally, count) + people)
    if rsvp.status == Status.WAITLISTED and not tally.can_ever_hold(rsvp.party):
        tally.passed_over += people


def _answer(rsvp: Rsvp, before: str, at: datetime) -> RsvpChange:
    return RsvpChange(
        rsvp=rsvp, event_id=rsvp.event_id, from_status=before, to_status=rsvp.status,
        guests=rsvp.guests, at=at,
    )  # fmt: skip
