"""Who is let in: at the door, and from lists that were scanned there without a network.

However many scan one ticket at once, it lets in as many as it is for, and nobody is let in on
seats that were given back meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from accounts.models import User
from config.errors import RuleBroken
from rsvp.models import CheckIn, Rsvp
from rsvp.services.door import (
    AlreadyCheckedIn,
    NotCheckedIn,
    TooManyPeople,
    entry_of,
    let_in,
    open_door,
    require_not_closed,
    require_open,
    save_check_ins,
)
from rsvp.services.parties import Parties, Scan, scanned_before
from rsvp.services.walk_ins import give_back


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
def undo_check_in(*, event_id: int, scan: Scan, by: User, is_correction: bool = False) -> Rsvp:
    """Take a check-in back, of the whole party or of so many, and seats that the door gave them.

    Before check-in opens, too: whoever is in then was let in before the event was put off. Raises
    EventNotFound, EventCancelled, TicketUnknown, TicketVoid, RsvpNotFound, NotCheckedIn,
    CheckInClosed and TooManyPeople.
    """
    tally, event = open_door(event_id)
    rsvp = Parties(event, [scan]).find(scan)
    now = timezone.now()
    if not is_correction:
        require_not_closed(event, now)
    if not rsvp.arrived:
        raise NotCheckedIn
    people = rsvp.arrived if scan.people is None else scan.people
    if people > rsvp.arrived:
        raise TooManyPeople(rsvp.arrived)
    rsvp.arrived -= people
    if not rsvp.arrived:
        rsvp.checked_in_at = None
    seats = min(people, rsvp.check_ins.aggregate(taken=Sum("seats", default=0))["taken"])
    save_check_ins(tally, [rsvp], [entry_of(rsvp, -people, now, by, seats=-seats)])
    if seats:
        give_back(tally, rsvp, seats)
    return rsvp


def _judge_all(
    event_id: int, scans: Sequence[Scan], by: User, *, is_correction: bool = False
) -> list[Judged]:
    tally, event = open_door(event_id)
    parties = Parties(event, scans)
    counted = scanned_before(parties.all, scans)
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
                require_open(event, at)
            if (rsvp.pk, told) in counted:
                raise AlreadyCheckedIn(rsvp.checked_in_at or at)
            # As the device told it, so that it is known again when the list is sent again.
            entries.append(entry_of(rsvp, let_in(rsvp, scan.people, at), told, by))
            counted.add((rsvp.pk, told))
            judged.append(Judged(rsvp))
        except RuleBroken as refusal:
            judged.append(Judged(rsvp, refusal))
    if entries:
        save_check_ins(tally, {entry.rsvp.pk: entry.rsvp for entry in entries}.values(), entries)
    return judged
