"""Rules that must hold under any load."""

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from events.models import Event, Tally
from events.services.tallies import lock_tally
from rsvp.models import Rsvp
from rsvp.recounts import tally_differences
from rsvp.services.ticket_line import serve


def check_invariants() -> None:
    """Raise AssertionError if an event is oversold, a user has two RSVPs for one event, the head of
    the waitlist would fit into free seats, or a count differs from its rows.
    """
    assert list(tally_differences()) == []
    twice = Rsvp.objects.values("event", "user").annotate(rows=Count("pk")).filter(rows__gt=1)
    assert list(twice) == []
    for tally in Tally.objects.select_related("event"):
        assert tally.max_attendees is None or tally.going <= tally.max_attendees
        _check_head_of_waitlist(tally)


def _check_head_of_waitlist(tally: Tally) -> None:
    event = tally.event
    if event.is_hidden or event.is_cancelled or event.has_started(timezone.now()):
        return
    if tally.has_ticket_types:
        with transaction.atomic():
            assert serve(lock_tally(event.pk)) == {}, f"{event}: a party waits for free tickets"
        return
    line = Rsvp.objects.waiting().filter(event=event)
    if tally.max_attendees is not None:
        line = line.filter(guests__lt=tally.max_attendees)
    head = line.first()
    assert head is None or not tally.has_room_for(head.party), (
        f"{head} waits for {head.party} seats although {tally.spots_left} are free"
    )


def numbered_waitlist(event: Event) -> dict[int, int | None]:
    """Return the positions of the waiting parties by ID, counted one by one."""
    limit = Tally.objects.get(pk=event.pk).max_attendees
    positions: dict[int, int | None] = {}
    number = 0
    for rsvp in Rsvp.objects.waiting().filter(event=event):
        fits = limit is None or rsvp.party <= limit
        number += fits
        positions[rsvp.pk] = number if fits else None
    return positions
