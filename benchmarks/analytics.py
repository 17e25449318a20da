"""Measures analytics for an organizer with 1,000 events and 1,000,000 RSVPs.

    python -m benchmarks.analytics

Runs whole requests, without HTTP, in one process on the PostgreSQL of the run, beside 1,000
ordinary organizers with ten events each. The floor is a bare `SELECT count(*)` over the same RSVPs.
With the argument `explain` it prints the plans of the slowest statements.
"""

import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from statistics import quantiles
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ |= {
    "DATABASE_URL": os.environ["TEST_DATABASE_URL"],
    "REDIS_URL": os.environ["TEST_REDIS_URL"],
    "SECRET_KEY": "for-the-benchmark-only-" + "x" * 50,
    "DEBUG": "off",
    "HTTPS": "off",
    "RATE_LIMITS": "off",
    "ALLOWED_HOSTS": "testserver",
    "LOG_LEVEL": "ERROR",
}

import django

django.setup()

from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from analytics.selectors.popular import KEY
from demo.generated import OWNER, generate_events
from demo.loader import load_demo
from events.models import Event
from rsvp.services import join_event, leave_event

EVENTS, ANSWERS = 1_000, 1_000
ORDINARY, THEIR_EVENTS, THEIR_ANSWERS = 1_000, 10, 20
PEOPLE = 50_000
ROUNDS = 20
SHOWN_FROM_MS = 50

# One organizer gets the first thousand events; the others share the rest.
_GIVE_AWAY = """
WITH numbered AS (SELECT id, row_number() OVER (ORDER BY id) - 1 AS number
    FROM events_event WHERE created_by_id = %(loaded)s)
UPDATE events_event SET created_by_id = %(first)s
    + CASE WHEN number < %(events)s THEN 0 ELSE 1 + number %% %(ordinary)s END
FROM numbered WHERE numbered.id = events_event.id
"""
# Of 100 parties 80 go, 8 of them from the waitlist; 8 are interested, 4 wait, 8 have cancelled.
_RSVPS = """
INSERT INTO rsvp_rsvp
    (event_id, user_id, status, guests, line_no, ticket_no, arrived, created_at, updated_at)
SELECT event.id, %(first)s + (event.id * 997 + number) %% %(people)s, answer.status,
    number %% 3 %% 2,
    CASE answer.status WHEN 'waitlisted' THEN number END, 0, 0, at, at
FROM events_event AS event,
    generate_series(1, CASE created_by_id WHEN %(first)s THEN %(answers)s ELSE %(theirs)s END)
        AS number,
    LATERAL (SELECT
        CASE WHEN number %% 100 < 80 THEN 'going' WHEN number %% 100 < 88 THEN 'interested'
            WHEN number %% 100 < 92 THEN 'waitlisted' ELSE 'cancelled' END AS status,
        least(start_time, now()) - number %% 60 * interval '1 day' - number * interval '1 second'
            AS at) AS answer
WHERE created_by_id >= %(first)s
"""
_ANSWERS = """
INSERT INTO rsvp_answer (rsvp_id, event_id, from_status, to_status, guests, at)
SELECT id, event_id, before, after, guests, at
FROM rsvp_rsvp AS rsvp, LATERAL (VALUES
    ('', CASE WHEN id %% 10 = 0 AND status = 'going' THEN 'waitlisted'
        WHEN status = 'cancelled' THEN 'going' ELSE status END, created_at),
    ('waitlisted', CASE WHEN id %% 10 = 0 AND status = 'going' THEN 'going' END,
        created_at + interval '1 hour'),
    ('going', CASE status WHEN 'cancelled' THEN 'cancelled' END, created_at + interval '2 hours')
) AS said (before, after, at)
WHERE after IS NOT NULL ORDER BY at
"""
_TALLIES = """
UPDATE events_tally SET going = counted.going, interested = counted.interested,
    waiting = counted.waiting, max_attendees = counted.going, next_in_line = %(answers)s + 1,
    arrived = CASE WHEN end_time < now() THEN counted.going * 4 / 5 ELSE 0 END
FROM (SELECT event_id,
        coalesce(sum(guests + 1) FILTER (WHERE status = 'going'), 0) AS going,
        coalesce(sum(guests + 1) FILTER (WHERE status = 'interested'), 0) AS interested,
        coalesce(sum(guests + 1) FILTER (WHERE status = 'waitlisted'), 0) AS waiting
    FROM rsvp_rsvp GROUP BY event_id) AS counted
JOIN events_event AS event ON event.id = counted.event_id
WHERE events_tally.event_id = counted.event_id
"""
_CHECK_INS = """
INSERT INTO rsvp_checkin (rsvp_id, event_id, people, is_walk_in, at, recorded_at)
SELECT rsvp.id, event_id, 1, false, start_time - rsvp.id %% 90 * interval '1 minute', now()
FROM rsvp_rsvp AS rsvp JOIN events_event AS event ON event.id = event_id
WHERE rsvp.status = 'going' AND end_time < now() AND created_by_id = %(first)s
"""
_REVIEWS = """
INSERT INTO reviews_review
    (event_id, author_id, rating, comment, reply, hidden_reason, created_at, updated_at)
SELECT event_id, user_id, 1 + rsvp.id %% 5, 'Good.', '', '', now(), now()
FROM rsvp_rsvp AS rsvp JOIN events_event AS event ON event.id = event_id
WHERE rsvp.status = 'going' AND end_time < now() AND rsvp.id %% 11 = 0
"""
_RATINGS = """
UPDATE events_rating SET count = given.count, sum = given.sum
FROM (SELECT event_id, count(*), sum(rating) FROM reviews_review GROUP BY event_id) AS given
WHERE events_rating.event_id = given.event_id
"""


def main() -> None:
    call_command("migrate", verbosity=0)
    load_demo(lambda batches: batches)
    began = time.monotonic()
    many, few = _load()
    print(f"{_disk()} on disk after {time.monotonic() - began:,.0f} s of loading")
    _measure(many, few)


def _measure(many: User, few: User) -> None:
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}\n")
    print("| what | p50 ms | p95 ms | queries |\n|---|---|---|---|")
    attended = Event.objects.filter(created_by=many, tally__arrived__gt=0)
    event = attended.order_by("pk")[0]
    month = f"date_from={timezone.now().date() - timedelta(days=29)}"
    for of, user in (("1,000 events", many), ("10 events", few)):
        _told(f"count the RSVPs of {of}, bare (floor)", _counting(user))
        _told(f"overview of {of}", _asking(user, "analytics/overview/"))
        _told(f"overview of {of}, 30 days", _asking(user, f"analytics/overview/?{month}"))
    _told("an event that 1,000 answered", _asking(many, f"events/{event.pk}/analytics/"))
    popular = _asking(few, "analytics/popular-events/")
    _told("popular events, ranked anew", lambda: (cache.delete(KEY), popular()))
    _told("popular events within the minute", popular)
    _told("an answer and its cancellation", _answering(few))
    if "explain" in sys.argv:
        _explain(_asking(many, "analytics/overview/"))
        _explain(lambda: (cache.delete(KEY), popular()))


def _load() -> tuple[User, User]:
    """Return the organizer of 1,000 events with 1,000 RSVPs each, and one of ten with twenty."""
    people = User.objects.bulk_create(
        [
            User(username=f"bench{number}", email=f"{number}@bench.example.com")
            for number in range(PEOPLE)
        ],
        batch_size=5_000,
    )
    generate_events(EVENTS + ORDINARY * THEIR_EVENTS, lambda batches: batches, past_percent=90)
    numbers = {
        "loaded": User.objects.get(username=OWNER).pk,
        "first": people[0].pk,
        "people": PEOPLE,
        "events": EVENTS,
        "ordinary": ORDINARY,
        "answers": ANSWERS,
        "theirs": THEIR_ANSWERS,
    }
    User.objects.filter(pk__lte=people[0].pk + ORDINARY).update(is_organizer=True)
    with connection.cursor() as cursor:
        for statement in (
            _GIVE_AWAY, _RSVPS, _ANSWERS, _TALLIES, _CHECK_INS, _REVIEWS, _RATINGS,
        ):  # fmt: skip
            cursor.execute(statement, numbers)
        cursor.execute("VACUUM ANALYZE")
    many, few = User.objects.filter(pk__in=[people[0].pk, people[1].pk]).order_by("pk")
    return many, few


def _disk() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_size_pretty(pg_database_size(current_database()))")
        return str(cursor.fetchone()[0])


def _counting(organizer: User) -> Callable[[], Any]:
    def count() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM rsvp_rsvp WHERE event_id IN"
                " (SELECT id FROM events_event WHERE created_by_id = %s)",
                [organizer.pk],
            )

    return count


def _asking(user: User, path: str) -> Callable[[], Any]:
    client = APIClient()
    client.force_authenticate(user)

    def ask() -> None:
        answer = client.get(f"/api/{path}")
        assert answer.status_code == 200, (path, answer.content)

    return ask


def _answering(attendee: User) -> Callable[[], Any]:
    event = Event.objects.filter(start_time__gt=timezone.now()).exclude(rsvps__user=attendee)[0]

    def answer() -> None:
        join_event(event_id=event.pk, attendee=attendee)
        leave_event(event_id=event.pk, attendee=attendee)

    return answer


def _told(what: str, call: Callable[[], Any]) -> None:
    with CaptureQueriesContext(connection) as captured:
        call()
        queries = len(captured)
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        call()
        took.append((time.perf_counter() - began) * 1000)
    cuts = quantiles(took, n=20)
    print(f"| {what} | {cuts[9]:,.1f} | {cuts[18]:,.1f} | {queries} |", flush=True)


def _explain(call: Callable[[], Any]) -> None:
    with CaptureQueriesContext(connection) as captured:
        call()
        statements = list(captured)
    with connection.cursor() as cursor:
        for each in statements:
            if float(each["time"]) * 1000 < SHOWN_FROM_MS:
                continue
            print(f"\n{each['time']} s: {each['sql']}")
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {each['sql'].replace('%', '%%')}", [])
            print("\n".join(line for (line,) in cursor.fetchall()))


if __name__ == "__main__":
    main()
