"""The promises that hold under any load, checked after a rush."""

from collections import Counter
from collections.abc import Iterator, Sequence

from benchmarks.rush.crowd import Answer
from events.models import Event, Tally
from notifications.models import Notification
from rsvp.models import Rsvp
from rsvp.recounts import tally_differences

_KINDS = {Rsvp.Status.GOING: "rsvp_confirmed", Rsvp.Status.WAITLISTED: "waitlisted"}


def broken_promises(event: Event, people: Sequence[int], answers: Sequence[Answer]) -> list[str]:
    """Return a sentence for each promise that was broken."""
    return [*_seats(event, people), *_acknowledged(event, people, answers), *_receipts(event)]


def _seats(event: Event, people: Sequence[int]) -> Iterator[str]:
    tally = Tally.objects.get(event=event)
    seats = tally.max_attendees or len(people)
    statuses = Counter(Rsvp.objects.filter(event=event).values_list("status", flat=True))
    wanted = {
        Rsvp.Status.GOING: min(seats, len(people)),
        Rsvp.Status.WAITLISTED: max(0, len(people) - seats),
    }
    if statuses != Counter({status: number for status, number in wanted.items() if number}):
        yield f"There are {dict(statuses)}, not {wanted}."
    if differences := list(tally_differences()):
        yield f"The tally differs from the RSVPs: {differences}"


def _acknowledged(event: Event, people: Sequence[int], answers: Sequence[Answer]) -> Iterator[str]:
    """Compare each acknowledged RSVP with its row: nobody leaves, so positions stay true."""
    rsvps = Rsvp.objects.filter(event=event)
    waiting = rsvps.waiting().values_list("user_id", flat=True)
    positions = {user: position for position, user in enumerate(waiting, start=1)}
    rows = {
        user: (status, positions.get(user))
        for user, status in rsvps.values_list("user_id", "status")
    }
    acknowledged = {answer.person: (answer.status, answer.position) for answer in answers}
    if missing := len(set(people) - set(acknowledged)):
        yield f"People without a response: {missing}."
    if wrong := {
        person: (rsvp, rows.get(person))
        for person, rsvp in acknowledged.items()
        if rsvp != rows.get(person)
    }:
        person, (rsvp, row) = next(iter(wrong.items()))
        yield f"{len(wrong)} responses differ from their rows: {person} got {rsvp}, not {row}."


def _receipts(event: Event) -> Iterator[str]:
    """Compare the outbox with the RSVPs: each has one receipt, of its own kind."""
    outbox = Notification.objects.filter(event_id=event.pk, kind__in=_KINDS.values())
    receipts = Counter(outbox.values_list("user_id", "kind"))
    rsvps = Rsvp.objects.filter(event=event).values_list("user_id", "status")
    wanted = Counter((user, _KINDS[Rsvp.Status(status)]) for user, status in rsvps)
    if missing := sum((wanted - receipts).values()):
        yield f"RSVPs without a receipt in the outbox: {missing}."
    if more := sum((receipts - wanted).values()):
        yield f"Receipts too many in the outbox: {more}."
