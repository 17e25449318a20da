"""Many plausible events at once, for load tests."""

import random
from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import product

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from demo.catalogue import EVENTS, VENUES
from events.models import Category, Event, Tag, Tally

OWNER = "load-test"
BATCH = 2000
_OPENINGS = ["Open", "Late", "Sunday", "Small", "Second", "Rooftop", "Neighbourhood", "Winter"]
_THINGS = [
    "Jazz Session", "Python Meetup", "Pottery Class", "Chess Evening", "Street Food Market",
    "Poetry Slam", "Trail Run", "Startup Breakfast", "Film Night", "Yoga Hour", "Book Club",
    "Climbing Course", "Choir Rehearsal", "Design Conference", "Photo Walk", "Quiz Night",
]  # fmt: skip
_PLACES = ["by the Canal", "in the Courtyard", "at the Old Brewery", "for Beginners", "in English"]
_TITLES = [" ".join(words) for words in product(_OPENINGS, _THINGS, _PLACES)]

Progress = Callable[[Iterable[range]], Iterable[range]]


def make_events(number: int, progress: Progress) -> int:
    """Top up to `number` generated events over the next year; answers how many were added.

    They are written in batches of 2,000, each whole, past the services: there
    are no answers yet for which a rule could matter.
    """
    owner, _ = User.objects.get_or_create(
        username=OWNER,
        defaults={
            "email": f"{OWNER}@demo.example.com",
            "password": make_password(None),
            "is_organizer": True,
        },
    )
    there = Event.objects.filter(created_by=owner).count()
    categories = list(Category.objects.all())
    tags = list(Tag.objects.all())
    batches = [range(start, min(start + BATCH, number)) for start in range(there, number, BATCH)]
    for batch in progress(batches) if batches else ():
        _write(batch, owner, categories, tags)
    if batches and connection.vendor == "postgresql":
        # Its planner would otherwise go by an empty table until autovacuum comes round.
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE events_event, events_tally, events_event_tags")
    return max(number - there, 0)


@transaction.atomic
def _write(batch: range, owner: User, categories: list[Category], tags: list[Tag]) -> None:
    events = Event.objects.bulk_create([_event(number, owner, categories) for number in batch])
    chance = random.Random(batch.start)
    Tally.objects.bulk_create(
        [
            Tally(event=event, max_attendees=chance.choice([20, 50, 100, 500, None]))
            for event in events
        ]
    )
    event_tag = Event.tags.through
    event_tag.objects.bulk_create(
        [
            event_tag(event_id=event.pk, tag_id=tag.pk)
            for event in events
            for tag in chance.sample(tags, 2)
        ]
    )


def _event(number: int, owner: User, categories: list[Category]) -> Event:
    chance = random.Random(number)
    venue = chance.choice(list(VENUES))
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    start = hour + timedelta(hours=chance.randrange(24, 24 * 365))
    return Event(
        title=f"{_TITLES[number % len(_TITLES)]} No. {number + 1}",
        description=chance.choice(EVENTS).description,
        location=venue.location,
        latitude=venue.latitude,
        longitude=venue.longitude,
        start_time=start,
        end_time=start + timedelta(minutes=chance.choice([60, 90, 120, 180])),
        timezone="Europe/Berlin",
        category=chance.choice(categories),
        created_by=owner,
    )
