"""Check-in of single tickets, and of lists that were scanned offline.

However many devices scan one ticket at once, only the people of its party are checked in, and
nobody is checked in on seats that were given back in the meantime.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Sum
from django.utils import timezone

from accounts.models import User
from core.database.rows import brief_transaction
from core.errors import RuleBroken
from rsvp.check_in.arrivals import add_arrivals, lock_event, new_check_in, save_check_ins
from rsvp.check_in.former_dates import FormerParties
from rsvp.check_in.scans import Scan, ScannedParties, recorded_scans
from rsvp.check_in.walk_ins import give_back
from rsvp.check_in.windows import Windows
from rsvp.exceptions import AlreadyCheckedIn, NotCheckedIn, TooManyPeople
from rsvp.models import CheckIn, FormerTimes, Rsvp


@dataclass
class ScanResult:
    """The party on the date of the scan, or the refusal, or both.

    `former_times` is the date of the scan, if the event was moved to another date later.
    """

    rsvp: Rsvp | None = None
    refusal: RuleBroken | None = None
    former_times: FormerTimes | None = None


@brief_transaction()
def check_in(
    *, event_id: int, scan: Scan, by: User, after_end: bool = False, is_correction: bool = False
) -> Rsvp:
    """Check in a party, whole or in part.

    `after_end` also allows it after check-in is over, and `is_correction` at any time. Raises
    EventNotFound, EventCancelled, TicketUnknown, RsvpNotFound, TicketVoid, NotGoing,
    CheckInNotOpen, CheckInClosed, TooManyPeople and AlreadyCheckedIn.
    """
    [result] = _check_in_each(
        event_id, [scan], by, after_end=after_end, is_correction=is_correction
    )
    if result.refusal:
        raise result.refusal
    assert result.rsvp
    return result.rsvp


@brief_transaction()
def check_in_all(*, event_id: int, scans: Sequence[Scan], by: User) -> list[ScanResult]:
    """Check in each scan on its own and by its own time, in the given order.

    The check-in window of a scan is the one that was valid when it was made, even if the event was
    moved later. The same party scanned at the same instant is the same scan, so a list may be
    sent again. Scan times in the future count as now. The number of statements does not grow with
    the list. Raises EventNotFound and EventCancelled.
    """
    return _check_in_each(event_id, scans, by)


@brief_transaction()
def undo_check_in(
    *, event_id: int, scan: Scan, by: User, after_end: bool = False, is_correction: bool = False
) -> Rsvp:
    """Undo the check-in of a party, or of `scan.people` of it; return the seats of a walk-in.

    It works before check-in opens, too, for check-ins that an admin made by correction. After the
    end, it needs `after_end` or `is_correction`. Raises EventNotFound, EventCancelled,
    TicketUnknown, TicketVoid, RsvpNotFound, NotCheckedIn, CheckInClosed and TooManyPeople.
    """
    tally, event = lock_event(event_id)
    rsvp = ScannedParties(event, [scan]).find(scan)
    rsvp.has_tickets = tally.has_ticket_types
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
    save_check_ins(tally, [new_check_in(rsvp, -people, now, by, seats=-seats)])
    return give_back(tally, rsvp, seats) if seats else rsvp


def _check_in_each(
    event_id: int,
    scans: Sequence[Scan],
    by: User,
    *,
    after_end: bool = False,
    is_correction: bool = False,
) -> list[ScanResult]:
    tally, event = lock_event(event_id)
    parties = ScannedParties(event, scans)
    recorded = recorded_scans(parties.all, scans)
    now = timezone.now()
    windows = Windows(event, tally, since=min((s.at for s in scans if s.at), default=None))
    former_parties = FormerParties(parties.all, windows.other_dates)
    results: list[ScanResult] = []
    check_ins: list[CheckIn] = []
    for scan in scans:
        scanned_at = scan.at or now
        at = min(scanned_at, now)
        window = windows.at(at)
        date = window.former_times
        rsvp = None
        try:
            rsvp = parties.find(scan)
            rsvp.has_tickets = tally.has_ticket_types
            if date:
                rsvp = former_parties.on(rsvp, date)
            if not is_correction:
                window.require_open(at, after_end=after_end)
            if (rsvp.pk, scanned_at) in recorded:
                raise AlreadyCheckedIn(rsvp, rsvp.checked_in_at or at)
            people = add_arrivals(rsvp, scan.people, at)
            # The device's time is kept, so that the scan is recognised if it is sent again.
            check_ins.append(new_check_in(rsvp, people, scanned_at, by, former_times=date))
            recorded.add((rsvp.pk, scanned_at))
            results.append(ScanResult(rsvp, former_times=date))
        except RuleBroken as refusal:
            results.append(ScanResult(rsvp, refusal, date))
    if check_ins:
        save_check_ins(tally, check_ins)
    return results
