"""Who is let in: at the door, and from lists that were scanned there without a network.

As every write on seats this locks the tally first (docs/adr/0002, 0013), and only then reads what
decides. So however many scan one ticket at once, it lets in as many as it is for, and nobody is
let in on seats that were given back meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from accounts.models import User
from config.errors import RuleBroken
from events.models import Event, Tally
from events.services.events import EventCancelled
from events.services.tallies import lock_tally
from rsvp.messages import tell_of_answer
from rsvp.models import MOST_GUESTS, CheckIn, Rsvp
from rsvp.selectors import HasNoSeat, RsvpNotFound, check_in_window
from rsvp.services.answers import leave_locked, lock_attendee, visible_event
from rsvp.services.seats import EventFull, note_and_save, seat_those_waiting
from rsvp.tickets import Ticket, TicketUnknown, read_code

Status = Rsvp.Status


class AlreadyCheckedIn(RuleBroken):
    code = "already_checked_in"
    message = "Everyone on this ticket was checked in already."

    def __init__(self, checked_in_at: datetime) -> None:
        super().__init__()
        self.facts = {"checked_in_at": checked_in_at}


class NotCheckedIn(RuleBroken):
    code = "not_checked_in"
    message = "Nobody on this ticket was checked in."


class TicketVoid(RuleBroken):
    code = "ticket_void"
    message = "This ticket's seats were given back. If they have others, they have another ticket."
    next_step = "show_current_ticket"


class NotGoing(HasNoSeat):
    message = "They have no seat."
    next_step = "walk_in"


class NoSeatForWalkIn(EventFull):
    message = "There is no seat for so many."
    next_step = ""


class CheckInNotOpen(RuleBroken):
    code = "check_in_not_open"
    next_step = "wait_for_check_in"
    message = "Check-in has not begun."

    def __init__(self, opens_at: datetime) -> None:
        super().__init__()
        self.facts = {"opens_at": opens_at}


class CheckInClosed(RuleBroken):
    code = "check_in_closed"
    message = "Check-in is over."

    def __init__(self, closed_at: datetime) -> None:
        super().__init__()
        self.facts = {"closed_at": closed_at}


class TooManyPeople(RuleBroken):
    code = "too_many_people"
    message = "The party is not that large."

    def __init__(self, people: int) -> None:
        super().__init__()
        self.facts = {"people": people}


@dataclass(frozen=True)
class Scan:
    """A party at the door, by its code or by its person; `people=None`: all that are missing.

    `at` is when it was scanned, where that was not just now.
    """

    code: str = ""
    user_id: int | None = None
    people: int | None = None
    at: datetime | None = None


@dataclass
class Judged:
    """What became of one scan: the party, where it was found, and why it was refused."""

    rsvp: Rsvp | None = None
    refusal: RuleBroken | None = None


@transaction.atomic
def check_in(*, event_id: int, scan: Scan, by: User, is_correction: bool = False) -> Rsvp:
    """Let a party in, whole or in part; a correction may come at any time.

    Raises EventNotFound, EventCancelled, TicketUnknown, RsvpNotFound, TicketVoid, NotGoing,
    CheckInNotOpen, CheckInClosed, TooManyPeople and AlreadyCheckedIn.
    """
    [judged] = _judge_all(event_id, [scan], by, is_correction=is_correction)
    if judged.refusal:
        raise judged.refusal
    assert judged.rsvp
    return judged.rsvp


@transaction.atomic
def check_in_all(*, event_id: int, scans: Sequence[Scan], by: User) -> list[Judged]:
    """Judge each scan by itself and by its own time, in the order in which they come.

    The same party scanned at the same instant is the same scan, so a list may be sent again.
    Whose clock is fast has scanned just now. The number of statements does not grow with the
    list. Raises EventNotFound and EventCancelled.
    """
    return _judge_all(event_id, scans, by)


@transaction.atomic
def admit_walk_in(*, event_id: int, attendee: User, people: int | None = None, by: User) -> Rsvp:
    """Let somebody in who has no seat, or brings more people than seats: they take free ones.

    Before the start nobody overtakes those who wait; from then on the line is closed, and free
    seats are free. Raises EventNotFound, EventCancelled, AccountInactive, NoSeatForWalkIn,
    CheckInNotOpen, CheckInClosed, TooManyPeople and AlreadyCheckedIn.
    """
    tally, event = _open(event_id)
    lock_attendee(attendee)
    rsvp = Rsvp.objects.filter(event=event, user=attendee).first()
    rsvp = rsvp or Rsvp(has_answered=False)
    rsvp.event, rsvp.user = event, attendee
    now = timezone.now()
    _require_open(event, now)
    seats_held = rsvp.party if rsvp.status == Status.GOING else 0
    come = people or (0 if seats_held else 1)
    if extra := max(come - (seats_held - rsvp.arrived), 0):
        _take_free_seats(tally, rsvp, seats_held, extra, now)
    let_in = _let_in(rsvp, people, now)
    entry = _entry(rsvp, let_in, now, by, is_walk_in=not seats_held, seats=extra)
    _save(tally, [rsvp], [entry])
    return rsvp


def _take_free_seats(tally: Tally, rsvp: Rsvp, seats_held: int, extra: int, now: datetime) -> None:
    is_line_open = not rsvp.event.has_started(now)
    if not tally.has_room_for(extra) or (is_line_open and tally.is_full):
        raise NoSeatForWalkIn
    if seats_held + extra > 1 + MOST_GUESTS:
        raise TooManyPeople(1 + MOST_GUESTS - rsvp.arrived)
    answer = note_and_save(tally, rsvp, Status.GOING, seats_held + extra - 1)
    assert answer
    tell_of_answer(rsvp, answer, rsvp.event)


@transaction.atomic
def undo_check_in(*, event_id: int, scan: Scan, by: User, is_correction: bool = False) -> Rsvp:
    """Take a check-in back, of the whole party or of so many, and seats that the door gave them.

    Before check-in opens, too: whoever is in then was let in before the event was put off. Raises
    EventNotFound, EventCancelled, TicketUnknown, TicketVoid, RsvpNotFound, NotCheckedIn,
    CheckInClosed and TooManyPeople.
    """
    tally, event = _open(event_id)
    rsvp = _Parties(event, [scan]).find(scan)
    now = timezone.now()
    if not is_correction:
        _require_not_closed(event, now)
    if not rsvp.arrived:
        raise NotCheckedIn
    people = rsvp.arrived if scan.people is None else scan.people
    if people > rsvp.arrived:
        raise TooManyPeople(rsvp.arrived)
    rsvp.arrived -= people
    if not rsvp.arrived:
        rsvp.checked_in_at = None
    seats = min(people, rsvp.check_ins.aggregate(taken=Sum("seats", default=0))["taken"])
    _save(tally, [rsvp], [_entry(rsvp, -people, now, by, seats=-seats)])
    if seats:
        _give_back(tally, rsvp, seats)
    return rsvp


def _give_back(tally: Tally, rsvp: Rsvp, seats: int) -> None:
    if seats == rsvp.party:
        leave_locked(tally, rsvp.event, rsvp)
        return
    answer = note_and_save(tally, rsvp, Status.GOING, rsvp.guests - seats)
    assert answer
    tell_of_answer(rsvp, answer, rsvp.event)
    seat_those_waiting([(tally, rsvp.event)])


class _Parties:
    """Those that a list of scans is about, read together."""

    def __init__(self, event: Event, scans: Sequence[Scan]) -> None:
        self._event = event
        self._tickets = {scan.code: _ticket(scan, event) for scan in scans if scan.code}
        parties = Rsvp.objects.filter(event=event).select_related("user")
        tickets = [each for each in self._tickets.values() if isinstance(each, Ticket)]
        by_code = parties.in_bulk({ticket.rsvp_id for ticket in tickets})
        people = {scan.user_id for scan in scans if scan.user_id}
        by_user = parties.filter(user__in=people) if people else []
        # One object a party, however often it is scanned.
        self._by_id = by_code | {rsvp.pk: rsvp for rsvp in by_user if rsvp.pk not in by_code}
        self._by_user = {rsvp.user_id: rsvp for rsvp in self._by_id.values()}
        for rsvp in self._by_id.values():
            rsvp.event = event

    def __iter__(self) -> Any:
        return iter(self._by_id.values())

    def find(self, scan: Scan) -> Rsvp:
        """Raises TicketUnknown, TicketVoid and RsvpNotFound."""
        if not scan.code:
            rsvp = self._by_user.get(scan.user_id or 0)
            if rsvp is None:
                raise RsvpNotFound("They have not answered this event.")
            return rsvp
        ticket = self._tickets[scan.code]
        if isinstance(ticket, RuleBroken):
            raise ticket
        rsvp = self._by_id.get(ticket.rsvp_id)
        if rsvp is None:
            raise TicketUnknown
        if rsvp.ticket_no != ticket.ticket_no:
            raise TicketVoid
        return rsvp


def _ticket(scan: Scan, event: Event) -> Ticket | RuleBroken:
    try:
        return read_code(scan.code, event_id=event.pk)
    except RuleBroken as refusal:
        return refusal


def _judge_all(
    event_id: int, scans: Sequence[Scan], by: User, *, is_correction: bool = False
) -> list[Judged]:
    tally, event = _open(event_id)
    parties = _Parties(event, scans)
    counted = _counted_before(parties, scans)
    now = timezone.now()
    judged: list[Judged] = []
    entries: list[CheckIn] = []
    for scan in scans:
        told = scan.at or now
        at = min(told, now)
        rsvp = None
        try:
            rsvp = parties.find(scan)
            if not is_correction:
                _require_open(event, at)
            if (rsvp.pk, told) in counted:
                raise AlreadyCheckedIn(rsvp.checked_in_at or at)
            # As the device told it, so that it is known again when the list is sent again.
            entries.append(_entry(rsvp, _let_in(rsvp, scan.people, at), told, by))
            counted.add((rsvp.pk, told))
            judged.append(Judged(rsvp))
        except RuleBroken as refusal:
            judged.append(Judged(rsvp, refusal))
    if entries:
        _save(tally, {entry.rsvp.pk: entry.rsvp for entry in entries}.values(), entries)
    return judged


def _open(event_id: int) -> tuple[Tally, Event]:
    """The locked tally, and the event as it is under its lock."""
    tally = lock_tally(event_id)
    event = visible_event(event_id)
    if event.is_cancelled:
        raise EventCancelled
    return tally, event


def _require_open(event: Event, at: datetime) -> None:
    opens_at, _ = check_in_window(event)
    if at < opens_at:
        raise CheckInNotOpen(opens_at)
    _require_not_closed(event, at)


def _require_not_closed(event: Event, at: datetime) -> None:
    _, closes_at = check_in_window(event)
    if at >= closes_at:
        raise CheckInClosed(closes_at)


def _let_in(rsvp: Rsvp, people: int | None, at: datetime) -> int:
    """How many more of the party are in now."""
    if rsvp.status != Status.GOING:
        raise NotGoing
    missing = rsvp.party - rsvp.arrived
    if not missing:
        assert rsvp.checked_in_at
        raise AlreadyCheckedIn(rsvp.checked_in_at)
    if people is not None and people > missing:
        raise TooManyPeople(missing)
    rsvp.arrived += people or missing
    rsvp.checked_in_at = min(rsvp.checked_in_at or at, at)
    return people or missing


def _counted_before(parties: _Parties, scans: Sequence[Scan]) -> set[tuple[int, datetime]]:
    """Which party was scanned at which of these instants already."""
    instants = {scan.at for scan in scans if scan.at}
    if not instants:
        return set()
    scanned = CheckIn.objects.filter(
        rsvp__in=[rsvp.pk for rsvp in parties], at__in=instants, people__gt=0
    )
    return set(scanned.values_list("rsvp_id", "at"))


def _entry(rsvp: Rsvp, people: int, at: datetime, by: User, **more: Any) -> CheckIn:
    return CheckIn(rsvp=rsvp, event_id=rsvp.event_id, people=people, at=at, by=by, **more)


def _save(tally: Tally, parties: Any, entries: list[CheckIn]) -> None:
    Rsvp.objects.bulk_update(parties, ["arrived", "checked_in_at"])
    CheckIn.objects.bulk_create(entries)
    tally.arrived += sum(entry.people for entry in entries)
    tally.save(update_fields=["arrived"])
