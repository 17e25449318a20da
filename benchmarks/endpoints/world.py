"""The people, events and RSVPs that the requests are about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from accounts.models import User
from benchmarks.product.people import Person, create_people
from demo.generated import OWNER
from events.models import Category, Event, Tag, Tally
from events.services.events import create_event
from rsvp.models import Rsvp
from rsvp.services import join_event
from rsvp.tickets import code_of

READERS, CROWD = 8, 1_024
SPREAD = 64  # events of the RSVPs to many events
RSVPS = 20  # of each reader, and as many notifications
SEATS = 100  # of the full events, with as many people waiting
SCANS = 500  # of a list
_BATCH = 2_000
_numbers = count(1)


@dataclass(frozen=True)
class World:
    """Neighbours in a list are about different events, so that they do not wait for each other."""

    organizer: Person
    readers: list[Person]
    crowd: list[Person]
    category: int
    listed: list[int]
    popular: int  # the event of which attendees are listed
    pairs: list[tuple[int, Person]]  # an event and a person without an RSVP
    hot: list[int]  # an event for each round
    full: list[tuple[int, Person]]  # an event with a waitlist, and a person with a seat
    tickets: list[tuple[int, str]]  # an event and a code
    lists: list[tuple[int, list[str]]]  # an event and the codes of a list


def build(*, rounds: int) -> World:
    """Create a world with enough of what each round uses up."""
    number = next(_numbers)
    [organizer] = create_people(f"organizer{number}x", 1, is_organizer=True)
    readers = create_people(f"reader{number}x", READERS)
    crowd = create_people(f"crowd{number}x", CROWD)
    users = [person.user for person in crowd]

    def events(how_many: int, seats: int | None = None) -> list[Event]:
        return [_event(organizer.user, seats) for _ in range(how_many)]

    spread, full = events(SPREAD), events(5 * rounds, SEATS)
    for event in spread[:RSVPS]:
        for reader in readers:
            join_event(event_id=event.pk, attendee=reader.user)
    for event in full:
        _seat(event, users[:SEATS], waiting=users[SEATS : 2 * SEATS])
    [popular] = events(1)
    _seat(popular, users[:500])
    seated = [
        [(event.pk, code_of(rsvp)) for rsvp in _seat(event, users)] for event in events(rounds)
    ]
    listed = Event.objects.filter(created_by__username=OWNER).order_by("start_time", "id")
    return World(
        organizer=organizer,
        readers=readers,
        crowd=crowd,
        category=Category.objects.order_by("pk")[0].pk,
        listed=list(listed.values_list("pk", flat=True)[:50]),
        popular=popular.pk,
        pairs=[
            (spread[(place + shift) % SPREAD].pk, person)
            for shift in range(8)
            for place, person in enumerate(crowd)
        ],
        hot=[event.pk for event in events(rounds)],
        full=[(event.pk, person) for person in crowd[:SEATS] for event in full],
        tickets=[ticket for tickets in zip(*seated, strict=True) for ticket in tickets],
        lists=[
            (event.pk, [code_of(rsvp) for rsvp in _seat(event, users[:SCANS])])
            for event in events(3 * rounds)
        ],
    )


def _event(organizer: User, seats: int | None) -> Event:
    number = next(_numbers)
    start = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=1 + number)
    details: dict[str, Any] = {
        "title": f"Neighbourhood Choir Rehearsal No. {number}",
        "description": "Three trios, one skyline. " * 8,
        "location": "The Cellar, London",
        "latitude": 51.5072,
        "longitude": -0.1276,
        "timezone": "Europe/London",
        "start_time": start,
        "end_time": start + timedelta(hours=3),
        "category": Category.objects.order_by("pk")[number % 4],
        "tags": Tag.objects.order_by("pk")[:2],
        "max_attendees": seats,
        "status": Event.Status.PUBLISHED,
    }
    return create_event(organizer=organizer, details=details, is_counted=False)


def _seat(event: Event, users: Sequence[User], waiting: Sequence[User] = ()) -> list[Rsvp]:
    """Write the RSVPs of people with seats, and of others on the waitlist."""
    going, waitlisted = Rsvp.Status.GOING, Rsvp.Status.WAITLISTED
    rsvps = [Rsvp(event=event, user=user, status=going) for user in users]
    rsvps += [
        Rsvp(event=event, user=user, status=waitlisted, line_no=number)
        for number, user in enumerate(waiting, start=1)
    ]
    Tally.objects.filter(pk=event.pk).update(
        going=len(users),
        waiting=len(waiting),
        waitlist_length=len(waiting),
        next_in_line=len(waiting) + 1,
    )
    return Rsvp.objects.bulk_create(rsvps, _BATCH)
