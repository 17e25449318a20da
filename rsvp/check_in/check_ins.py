"""Check-ins: at the door, and from lists that were scanned there without a network.

However many scan one ticket at once, it lets in as many as it is for, and nobody is let in on
seats that were given back meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from accounts.models import User
from core.errors import RuleBroken
from rsvp.check_in.former_dates import FormerParties
from rsvp.check_in.parties import Parties, Scan, scanned_before
from rsvp.check_in.rules import entry_of, let_in, open_door, save_check_ins
from rsvp.check_in.walk_ins import give_back
from rsvp.check_in.windows import Windows
from rsvp.exceptions import AlreadyCheckedIn, NotCheckedIn, TooManyPeople
from rsvp.models import CheckIn, FormerTimes, Rsvp


@dataclass
class Judged:
    """The result of one scan: the party on the date of the scan, or the refusal.

    `former_times` is the date of the scan, if the event was moved to another date later.
    """

    rsvp: Rsvp | None = None
    refusal: RuleBroken | None = None
    former_times: FormerTimes | None = None


@transaction.atomic
def check_in(
    *, event_id: int, scan: Scan, by: User, after_end: bool = False, is_correction: bool = False
) -> Rsvp:
    """Let a party in, whole or in part.

    `after_end` also allows it after check-in is over, and `is_correction` at any time. Raises
    EventNotFound, EventCancelled, TicketUnknown, RsvpNotFound, TicketVoid, NotGoing,
    CheckInNotOpen, CheckInClosed, TooManyPeople and AlreadyCheckedIn.
    """
    [judged] = _judge_all(event_id, [scan], by, after_end=after_end, is_correction=is_correction)
    if judged.refusal:
        raise judged.refusal
    assert judged.rsvp
    return judged.rsvp


@transaction.atomic
def check_in_all(*, event_id: int, scans: Sequence[Scan], by: User) -> list[Judged]:
    """Judge each scan by itself and by its own time, in the order in which they come.

    The check-in window of a scan is the one that was valid when it was made, even if the event was
    moved later. The same party scanned at the same instant is the same scan, so a list may be
    sent again. Scan times in the future count as now. The number of statements does not grow with
    the list. Raises EventNotFound and EventCancelled.
    """
    return _judge_all(event_id, scans, by)


@transaction.atomic
def undo_check_in(
    *, event_id: int, scan: Scan, by: User, after_end: bool = False, is_correction: bool = False
) -> Rsvp:
    """Undo the check-in of a party, or of so many of it, and return the seats of a walk-in.

    It works before check-in opens, too, for check-ins that an admin made by correction. After the
    end, it needs `after_end` or `is_correction`. Raises EventNotFound, EventCancelled,
    TicketUnknown, TicketVoid, RsvpNotFound, NotCheckedIn, CheckInClosed and TooManyPeople.
    """
    tally, event = open_door(event_id)
    rsvp = Parties(event, [scan]).find(scan)
    now = timezone.now()
    if not (after_end or is_correction):
        Windows(event, tally).present.require_not_closed(now)
    if not rsvp.arrived:
        raise NotCheckedIn
    people = rsvp.arrived if scan.people is None else scan.people
    if people > rsvp.arrived:
        raise TooManyPeople(rsvp.arrived)
    rsvp.arrived -= people
    if not rsvp.arrived:
        rsvp.checked_in_at = None
    taken = CheckIn.objects.current().filter(rsvp=rsvp).aggregate(seats=Sum("seats", default=0))
    seats = min(people, taken["seats"])
    save_check_ins(tally, [entry_of(rsvp, -people, now, by, seats=-seats)])
    return give_back(tally, rsvp, seats) if seats else rsvp


def _judge_all(
    event_id: int,
    scans: Sequence[Scan],
    by: User,
    *,
    after_end: bool = False,
    is_correction: bool = False,
) -> list[Judged]:
    tally, event = open_door(event_id)
    parties = Parties(event, scans)
    counted = scanned_before(parties.all, scans)
    now = timezone.now()
    windows = Windows(event, tally, since=min((s.at for s in scans if s.at), default=None))
    former_parties = FormerParties(parties.all, windows.other_dates)
    judged: list[Judged] = []
    entries: list[CheckIn] = []
    for scan in scans:
        scanned_at = scan.at or now
        at = min(scanned_at, now)
        window = windows.at(at)
        date = window.former_times
        rsvp = None
        try:
            rsvp = parties.find(scan)
            if date:
                rsvp = former_parties.on(rsvp, date)
            if not is_correction:
                window.require_open(at, after_end=after_end)
            if (rsvp.pk, scanned_at) in counted:
                raise AlreadyCheckedIn(rsvp, rsvp.checked_in_at or at)
            people = let_in(rsvp, scan.people, at)
            # The device's time is kept, so that the scan is known if the list is sent again.
            entries.append(entry_of(rsvp, people, scanned_at, by, former_times=date))
            counted.add((rsvp.pk, scanned_at))
            judged.append(Judged(rsvp, former_times=date))
        except RuleBroken as refusal:
            judged.append(Judged(rsvp, refusal, date))
    if entries:
        save_check_ins(tally, entries)
    return judged
