"""Generate many plausible events for load tests."""

import csv
import json
import random
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from datetime import timedelta
from io import StringIO
from itertools import product
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.db.models import Max, Model
from django.utils import timezone

from accounts.models import User
from demo.bulk import bulk_loading
from demo.catalogue import EVENTS, VENUES
from demo.cities import CITIES
from events.models import Category, Event, Rating, Tag, Tally

OWNER = "load-test"
BATCH = 2000
_MANY = 50_000
_OPENINGS = ["Open", "Late", "Sunday", "Small", "Second", "Rooftop", "Neighbourhood", "Winter"]
_THINGS = [
    "Jazz Session", "Python Meetup", "Pottery Class", "Chess Evening", "Street Food Market",
    "Poetry Slam", "Trail Run", "Startup Breakfast", "Film Night", "Yoga Hour", "Book Club",
    "Climbing Course", "Choir Rehearsal", "Design Conference", "Photo Walk", "Quiz Night",
]  # fmt: skip
_PLACES = ["by the Canal", "in the Courtyard", "at the Old Brewery", "for Beginners", "in English"]
_TITLES = [" ".join(words) for words in product(_OPENINGS, _THINGS, _PLACES)]
_NEXT_YEAR_H, _PAST_YEARS_H = 24 * 365, 24 * 365 * 9
_SPREAD_DEGREES = 0.15  # a city is about 30 km wide
_VENUES = list(VENUES)

Progress = Callable[[Iterable[range]], Iterable[range]]
Row = dict[str, Any]


def generate_events(number: int, progress: Progress, *, past_percent: int = 0) -> int:
    """Add events until there are `number` generated ones; return how many were added.

    They take place in the next year, or `past_percent` of them in the last nine years. The services
    are not used, because their rules concern RSVPs, of which there are none. Each batch of 2,000 is
    one transaction. On PostgreSQL 50,000 or more events are one transaction, which blocks all other
    readers of events.
    """
    owner, _ = User.objects.get_or_create(
        username=OWNER,
        defaults={
            "email": f"{OWNER}@demo.example.com",
            "password": make_password(None),
            "is_organizer": True,
        },
    )
    existing = Event.objects.filter(created_by=owner).count()
    categories = list(Category.objects.values_list("pk", flat=True))
    tags = list(Tag.objects.values_list("pk", flat=True))
    batches = [range(start, min(start + BATCH, number)) for start in range(existing, number, BATCH)]
    is_many = connection.vendor == "postgresql" and number - existing >= _MANY
    with bulk_loading() if is_many else nullcontext():
        for batch in progress(batches) if batches else ():
            _write(batch, owner.pk, categories, tags, past_percent)
        if is_many:
            _note_words(owner.pk)
    if batches and connection.vendor == "postgresql":
        # Until autovacuum runs, the planner would otherwise plan for empty tables.
        with connection.cursor() as cursor:
            cursor.execute(
                "ANALYZE events_event, events_tally, events_rating, events_event_tags, events_word,"
                " accounts_user"
            )
    return max(number - existing, 0)


def _note_words(owner: int) -> None:
    """Add the search words of all events at once, instead of row by row in the trigger.

    The 640 titles repeat with other numbers.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO events_word (word) SELECT DISTINCT word FROM ("
            " SELECT DISTINCT split_part(title_folded, ' no ', 1) AS text"
            " FROM events_event WHERE created_by_id = %s AND status = 'published'"
            " UNION SELECT DISTINCT location_folded"
            " FROM events_event WHERE created_by_id = %s AND status = 'published'"
            ") AS texts, regexp_split_to_table(text, ' ') AS word"
            " WHERE length(word) BETWEEN 4 AND 40 AND word !~ '[0-9]' ORDER BY word"
            " ON CONFLICT DO NOTHING",
            [owner, owner],
        )


@transaction.atomic
def _write(
    batch: range, owner: int, categories: list[int], tags: list[int], past_percent: int
) -> None:
    chance = random.Random(batch.start)
    ids = _new_ids(len(batch))
    events = [
        {
            "id": pk,
            "created_by_id": owner,
            "category_id": chance.choice(categories),
            **_details(number, chance, is_past=chance.random() * 100 < past_percent),
        }
        for pk, number in zip(ids, batch, strict=True)
    ]
    _insert(Event, events)
    seats = (20, 50, 100, 500, None)
    no_rsvps = {
        "going": 0,
        "interested": 0,
        "waiting": 0,
        "passed_over": 0,
        "waitlist_length": 0,
        "next_in_line": 1,
        "arrived": 0,
    }
    _insert(
        Tally, [{"event_id": pk, "max_attendees": chance.choice(seats), **no_rsvps} for pk in ids]
    )
    _insert(Rating, [{"event_id": pk, "count": 0, "sum": 0} for pk in ids])
    _insert(
        Event.tags.through,
        [{"event_id": pk, "tag_id": tag} for pk in ids for tag in chance.sample(tags, 2)],
    )


def _details(number: int, chance: random.Random, *, is_past: bool) -> Row:
    city = chance.choice(CITIES)
    now = timezone.now()
    hours = -chance.randrange(24, _PAST_YEARS_H) if is_past else chance.randrange(24, _NEXT_YEAR_H)
    start = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=hours)
    return {
        "title": f"{_TITLES[number % len(_TITLES)]} No. {number + 1}",
        "description": chance.choice(EVENTS).description,
        "location": f"{chance.choice(_VENUES).name}, {city.name}",
        "latitude": city.latitude + chance.uniform(-1, 1) * _SPREAD_DEGREES,
        "longitude": city.longitude + chance.uniform(-1, 1) * _SPREAD_DEGREES,
        "start_time": start,
        "end_time": start + timedelta(minutes=chance.choice([60, 90, 120, 180])),
        "timezone": city.timezone,
        "status": Event.Status.PUBLISHED,
        "published_at": now,
        "created_at": now,
        "updated_at": now,
    }


def _new_ids(number: int) -> list[int]:
    if connection.vendor != "postgresql":
        last = Event.objects.aggregate(last=Max("pk"))["last"] or 0
        return list(range(last + 1, last + 1 + number))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('events_event', 'id'))"
            " FROM generate_series(1, %s)",
            [number],
        )
        return [pk for (pk,) in cursor.fetchall()]


def _insert(model: type[Model], rows: Sequence[Row]) -> None:
    """Insert rows with COPY on PostgreSQL, where INSERT takes ten times as long."""
    if connection.vendor != "postgresql":
        model._default_manager.bulk_create([model(**row) for row in rows])
        return
    defaults = _defaults(model, rows[0])
    filled = [defaults | row for row in rows]
    text = StringIO()
    null = r"\N"  # an empty string is not NULL
    csv.writer(text).writerows(
        [null if value is None else value for value in row.values()] for row in filled
    )
    text.seek(0)
    table, columns = model._meta.db_table, ", ".join(filled[0])
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN (FORMAT csv, NULL '{null}')", text)


def _defaults(model: type[Model], row: Row) -> Row:
    """Return the defaults that Django fills in, not the database."""
    missing = [
        field
        for field in model._meta.concrete_fields
        if field.attname not in row and not (field.null or field.primary_key or field.generated)
    ]
    values = {field.attname: field.get_default() for field in missing}
    return {
        name: json.dumps(value) if isinstance(value, list | dict) else value
        for name, value in values.items()
    }
