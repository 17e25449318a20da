"""Any number of events: some are generated, the others copied inside of PostgreSQL."""

import time

from django.db import connection

from demo.bulk import TABLES, bulk_loading
from demo.catalogue import CATEGORIES, TAGS
from demo.generated import OWNER, generate_events
from events.models import Category, Event
from events.services.categories import create_tag

GENERATED = 1_000
_MOST_VACUUMS = 60
# Each copy has the title with its own number, and starts at an hour of the next year.
_EVENTS = """
INSERT INTO events_event (id, title, start_time, end_time, {columns})
SELECT copy.id, split_part(title, ' No. ', 1) || ' No. ' || number, starts_at,
    starts_at + (end_time - start_time), {columns}
FROM copy JOIN events_event AS original ON original.id = original_id,
    LATERAL (SELECT date_trunc('hour', now()) + (24 + number::bigint * 7919 %% 8736)
        * interval '1 hour' AS starts_at) AS moved
ORDER BY number
"""
_COPIES = """
CREATE TEMPORARY TABLE copy ON COMMIT DROP AS
SELECT nextval(pg_get_serial_sequence('events_event', 'id')) AS id, number,
    originals[1 + number %% array_length(originals, 1)] AS original_id
FROM generate_series(%s, %s) AS number,
    (SELECT array_agg(id) AS originals FROM events_event WHERE created_by_id = %s) AS generated
"""
_ARE_VISIBLE = """
SELECT relallvisible >= 0.95 * relpages FROM pg_class WHERE oid = 'events_event'::regclass
"""
_COLUMNS = """
SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns
WHERE table_name = %s AND is_generated = 'NEVER'
    AND column_name NOT IN ('id', 'event_id', 'title', 'start_time', 'end_time')
"""


def grow(number: int) -> None:
    """Add events to come until there are `number`."""
    if not Category.objects.exists():
        Category.objects.bulk_create(
            Category(name=each.name, slug=each.slug, description=each.description)
            for each in CATEGORIES
        )
        for name in TAGS.values():
            create_tag(name=name)
    generate_events(min(number, GENERATED), lambda batches: batches)
    existing = Event.objects.filter(created_by__username=OWNER).count()
    if number > existing:
        owner = Event.objects.filter(created_by__username=OWNER).values("created_by")[0]
        with bulk_loading():
            _copy(existing + 1, number, owner["created_by"])


def settle() -> None:
    """Bring the tables into the state that autovacuum keeps them in.

    Pages that are new stay invisible to indexes as long as another transaction runs, for example
    one of autovacuum itself.
    """
    with connection.cursor() as cursor:
        for _ in range(_MOST_VACUUMS):
            cursor.execute("VACUUM ANALYZE")
            cursor.execute(_ARE_VISIBLE)
            [are_visible] = cursor.fetchone()
            if are_visible:
                return
            time.sleep(1)
    raise TimeoutError("The pages of the events did not become visible.")


def _copy(first: int, last: int, owner: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_COPIES, [first, last, owner])
        for table in TABLES:
            cursor.execute(_COLUMNS, [table])
            [columns] = cursor.fetchone()
            if table == "events_event":
                cursor.execute(_EVENTS.format(columns=columns), [])
            else:
                cursor.execute(
                    f"INSERT INTO {table} (event_id, {columns})"  # noqa: S608
                    f" SELECT copy.id, {columns} FROM copy JOIN {table} ON event_id = original_id"
                )
