"""Measures lists and searches at 1,000, 100,000 and 1,000,000 events, and shows their indexes.

    python -m benchmarks.search [SIZE ...]

Runs whole requests, without HTTP, in one process on the PostgreSQL of the run; nine of ten events
are over. The floor is the bare SQL of the same requests. The p95 of a kind is over 24 requests for
each of its questions, so that the slowest one counts.
"""

import os
import re
import sys
import time
from collections.abc import Iterator
from statistics import median, quantiles
from urllib.parse import urlencode

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

from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import User
from core.database.timeouts import no_timeouts
from demo.generated import generate_events
from demo.loader import load_demo
from events.models import Category
from rsvp.models import Rsvp

SIZES = (1_000, 100_000, 1_000_000)
REQUESTS = 24
_INDEX = re.compile(r"Index (?:Only )?Scan.*? (?:using|on) ((?:events?|tally|rating|word)_\w+)")
Question = tuple[str, dict[str, str]]

BERLIN, SUVA = "52.52,13.405", "-18.12,178.45"
KINDS: dict[str, list[Question]] = {
    "the list": [("", {}), ("", {"page": "3"})],
    "by category": [("", {"category_id": "CATEGORY"})],
    "by two tags": [("", {"tags": "live-music,free"})],
    "by organizer": [("", {"organizer": "load-test"})],
    "by part of title": [("", {"title": each}) for each in ("jazz", "ottery", "no. 77", "zzzz")],
    "by two letters": [("", {"title": each}) for each in ("ja", "zx")],
    "by part of location": [("", {"location": each}) for each in ("suva", "halle")],
    "when=now": [("", {"when": "now"})],
    "when=today, weekend": [("", {"when": each}) for each in ("today", "weekend")],
    "when=past, all": [("", {"when": each}) for each in ("past", "all")],
    "most popular": [("", {"ordering": "popularity"})],
    "best rated": [("", {"ordering": "rating", "when": each}) for each in ("past", "all")],
    "words": [("search/", {"q": each}) for each in ("jazz", "python canal", "chess in english")],
    "words that few have": [("search/", {"q": each}) for each in ("77", "4711")],
    "words, with facets": [("search/", {"q": each, "facets": "true"}) for each in ("jazz", "yoga")],
    "a typo": [("search/", {"q": each}) for each in ("confrence", "pyhton", "potery")],
    **{
        f"a radius of {km} km": [
            ("search/", {"near": each, "radius_km": km}) for each in (BERLIN, SUVA)
        ]
        for km in ("2", "50", "20000")
    },
    "nearest first": [
        ("search/", {"near": each, "sort": "distance"}) for each in (BERLIN, SUVA, "0,-30")
    ],
    "nearest in a radius": [
        ("search/", {"near": each, "sort": "distance", "radius_km": "5"}) for each in (BERLIN, SUVA)
    ],
    "few results far away, with facets": [
        ("search/", {"near": "-77.8,166.6", "radius_km": "20000", "sort": "distance",
                     "facets": "true", **few})
        for few in ({"tags": "live-music,free"}, {"is_full": "true"}, {"q": "4711"})
    ],
    "words nearby": [("search/", {"q": "jazz", "near": BERLIN, "radius_km": "10"})],
    "type-ahead": [
        ("suggest/", {"q": each}) for each in ("j", "ja", "jaz", "desi", "x", "rooftop j")
    ],
    "recommended": [("recommended/", {})],
}  # fmt: skip


def main() -> None:
    call_command("migrate", verbosity=0)
    load_demo(lambda batches: batches)
    people = _people()
    sizes = [int(each) for each in sys.argv[1:]] or SIZES
    grown: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for size in sizes:
        began = time.monotonic()
        with no_timeouts():  # each index of a million events takes a while
            generate_events(size, lambda batches: batches, past_percent=90)
        seconds = time.monotonic() - began
        _settle()
        print(f"\n{size:,} events, the last of them loaded in {seconds:,.0f} s, {_disk()}")
        print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}\n")
        print("| what | p50 ms | p95 ms | bare SQL, p50 ms | by |\n|---|---|---|---|---|")
        for kind, questions in KINDS.items():
            took, statements = _ask(people, questions)
            bare = _bare(statements)
            cuts = quantiles(took, n=20)
            print(
                f"| {kind} | {cuts[9]:.1f} | {cuts[18]:.1f} | {median(bare) / len(questions):.1f} |"
                f" {', '.join(_plans(statements))} |",
                flush=True,
            )
            grown[kind].append(f"{cuts[9]:.0f} / {cuts[18]:.0f}")
    print(f"\nHow p50 / p95 (ms) grow\n\n| what | {' | '.join(f'{size:,}' for size in sizes)} |")
    print(f"|---|{'---|' * len(sizes)}")
    for kind, worst in grown.items():
        print(f"| {kind} | {' | '.join(worst)} |")


def _people() -> list[APIClient]:
    """Return a person with RSVPs and a new one."""
    clients = []
    for name in ("bench-old", "bench-new"):
        user, _ = User.objects.get_or_create(username=name, email=f"{name}@example.com")
        if name == "bench-old":
            user.interests.add(Category.objects.order_by("pk")[0])
            answered = Rsvp.objects.exclude(event__tags=None).order_by("pk")[:10]
            Rsvp.objects.bulk_create(
                {
                    each.event_id: Rsvp(event_id=each.event_id, user=user, status="going")
                    for each in answered
                }.values(),
                ignore_conflicts=True,
            )
        client = APIClient()
        client.force_authenticate(user)
        clients.append(client)
    return clients


def _settle() -> None:
    """Make the data look used: RSVPs for every third event, reviews for two of three that are over,
    and a VACUUM."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE events_tally SET going = least(event_id * 7919 % 20, max_attendees),"
            " interested = event_id % 7"
            " WHERE going = 0 AND event_id % 3 = 0"
        )
        cursor.execute(
            "UPDATE events_rating SET count = 1 + event_id % 20,"
            " sum = (1 + event_id % 20) * (3 + event_id % 3) FROM events_event"
            " WHERE id = event_id AND end_time < now() AND count = 0 AND event_id % 3 > 0"
        )
        cursor.execute("VACUUM ANALYZE")


def _disk() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_size_pretty(pg_database_size(current_database()))")
        return f"{cursor.fetchone()[0]} on disk"


def _ask(people: list[APIClient], questions: list[Question]) -> tuple[list[float], list[str]]:
    """Return the milliseconds of each request, and the statements of each different one."""
    took, statements = [], []
    category = Category.objects.order_by("pk")[0].pk
    asked = [
        f"/api/events/{path}?{urlencode(query).replace('CATEGORY', str(category))}"
        for path, query in questions
    ]
    for path in asked:
        with CaptureQueriesContext(connection) as captured:
            _get(people[0], path)
        statements += [each["sql"] for each in captured if each["sql"].startswith("SELECT")]
    for number in range(REQUESTS):
        turn, place = divmod(number, len(asked))
        took.append(_get(people[turn % 2], asked[place]))
    return took, statements


def _get(client: APIClient, path: str) -> float:
    began = time.perf_counter()
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.content)
    return (time.perf_counter() - began) * 1000


def _bare(statements: list[str]) -> list[float]:
    took = []
    with connection.cursor() as cursor:
        for _ in range(3):
            began = time.perf_counter()
            for sql in statements:
                cursor.execute(sql.replace("%", "%%"), [])
                cursor.fetchall()
            took.append((time.perf_counter() - began) * 1000)
    return took


def _plans(statements: list[str]) -> Iterator[str]:
    """Return the indexes that find events, and `all events` if a plan reads the table."""
    seen = set()
    with connection.cursor() as cursor:
        for sql in statements:
            cursor.execute("EXPLAIN " + sql.replace("%", "%%"), [])
            plan = "\n".join(line for (line,) in cursor.fetchall())
            found = _INDEX.findall(plan)
            if re.search(r"Seq Scan on events_(event|tally|event_tags)\b", plan):
                found.append("**all events**")
            for name in found:
                if name not in seen and not name.endswith("_pkey"):
                    seen.add(name)
                    yield name


if __name__ == "__main__":
    main()
