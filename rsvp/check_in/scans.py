"""Scans, and the parties that they are for, loaded together under the lock of the tally."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.errors import RuleBroken
from events.models import Event
from rsvp.exceptions import RsvpNotFound, TicketUnknown, TicketVoid
from rsvp.models import CheckIn, Rsvp
from rsvp.services.under_lock import read_parties
from rsvp.tickets import Ticket, read_code


@dataclass(frozen=True)
class Scan:
    """A scanned party, by its code or its person, and how many of its people; None is the rest.

    `at` is the time of the scan if that is not now.
    """

    code: str = ""
    user_id: int | None = None
    people: int | None = None
    at: datetime | None = None


class ScannedParties:
    """The parties of a list of scans, loaded together."""

    def __init__(self, event: Event, scans: Sequence[Scan]) -> None:
        self._tickets = {scan.code: _ticket(scan, event) for scan in scans if scan.code}
        tickets = [ticket for ticket in self._tickets.values() if isinstance(ticket, Ticket)]
        # One object for each party, however often it is scanned.
        parties = read_parties(
            event,
            rsvps={ticket.rsvp_id for ticket in tickets},
            people={scan.user_id for scan in scans if scan.user_id},
        )
        self._by_id = {rsvp.pk: rsvp for rsvp in parties}
        self._by_user = {rsvp.user_id: rsvp for rsvp in parties}

    @property
    def all(self) -> Collection[Rsvp]:
        return self._by_id.values()

    def find(self, scan: Scan) -> Rsvp:
        """Raises TicketUnknown, TicketVoid and RsvpNotFound."""
        if not scan.code:
            rsvp = self._by_user.get(scan.user_id or 0)
            if rsvp is None:
                raise RsvpNotFound("This person has no RSVP for this event.")
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


def recorded_scans(parties: Collection[Rsvp], scans: Sequence[Scan]) -> set[tuple[int, datetime]]:
    """Return (RSVP ID, instant) of the scans of these parties that are already recorded."""
    instants = {scan.at for scan in scans if scan.at}
    if not instants:
        return set()
    check_ins = CheckIn.objects.filter(
        rsvp__in=[rsvp.pk for rsvp in parties], at__in=instants, people__gt=0
    )
    return set(check_ins.values_list("rsvp_id", "at"))
