"""The counts of a tally that change with an RSVP, and the history of the RSVP."""

from datetime import datetime

from events.models import Tally
from rsvp.models import Rsvp, RsvpChange

Status = Rsvp.Status
# The fields of a tally that an RSVP may change.
COUNTS = (
    "going", "held", "interested", "waiting", "passed_over", "waitlist_length", "next_in_line",
    "arrived", "tickets_left",
)  # fmt: skip
_COUNTED_AS = {
    Status.GOING: "going",
    Status.PENDING_PAYMENT: "held",
    Status.INTERESTED: "interested",
    Status.WAITLISTED: "waiting",
}


def count(tally: Tally, rsvp: Rsvp, sign: int) -> None:
    """Add the party to the counts of the tally, or subtract it."""
    if not rsvp.is_live:
        return
    people = sign * rsvp.party
    name = _COUNTED_AS[Status(rsvp.status)]
    setattr(tally, name, getattr(tally, name) + people)
    if rsvp.status == Status.WAITLISTED:
        if tally.can_ever_hold(rsvp.party):
            tally.add_waiting_parties(sign)
        else:
            tally.passed_over += people


def history_row(rsvp: Rsvp, status_before: str, at: datetime, pk: int | None = None) -> RsvpChange:
    return RsvpChange(
        pk=pk, rsvp=rsvp, event_id=rsvp.event_id, from_status=status_before, to_status=rsvp.status,
        guests=rsvp.guests, at=at,
    )  # fmt: skip
