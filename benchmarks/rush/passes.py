"""One pass of the rush: a new event and new people, on a server of their own."""

import os
import signal
import threading
import time
from collections import Counter
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path

from django.db import connection
from django.utils import timezone

from benchmarks.product.machine import Meter
from benchmarks.product.people import create_people
from benchmarks.product.server import Server
from benchmarks.rush.crowd import Answer, Rush, send_from
from benchmarks.rush.promises import broken_promises
from core.database.timeouts import no_timeouts
from events.models import Event, Tally
from events.services.events import create_event

ALL_WITHIN_S, P99_WITHIN_S = 30, 5
_numbers = count(1)


@dataclass(frozen=True)
class Pass:
    answers: list[Answer]
    all_s: float
    web_ms: float  # of one RSVP
    postgres_ms: float
    broken: list[str]

    def facts(self) -> dict[str, str]:
        """Return what happened, for a table."""
        answers = self.answers
        statuses = Counter(answer.status for answer in answers)
        seconds = sorted(answer.seconds for answer in answers)
        p99 = seconds[int(len(seconds) * 0.99)]
        return {
            "people with a response": f"{len(answers):,}",
            "seats given": f"{statuses['going']:,}",
            "people on the waitlist": f"{statuses['waitlisted']:,}",
            "requests sent again": f"{sum(answer.tries - 1 for answer in answers):,}",
            f"all responses, s (target {ALL_WITHIN_S})": _met(self.all_s, ALL_WITHIN_S),
            "RSVPs/s": f"{len(answers) / self.all_s:,.0f}",
            "p50, s": f"{seconds[len(seconds) // 2]:.2f}",
            f"p99, s (target {P99_WITHIN_S})": _met(p99, P99_WITHIN_S),
            "CPU of the web processes, ms each": f"{self.web_ms:.1f}",
            "CPU of PostgreSQL, ms each": f"{self.postgres_ms:.1f}",
            "promises about seats, positions and receipts": "broken" if self.broken else "kept",
        }


def _met(seconds: float, target: float) -> str:
    return f"{seconds:.1f}, {'met' if seconds <= target else 'missed'}"


def play(
    clients: Executor, log: Path, *, people: int, seats: int, connections: int, is_killed: bool
) -> Pass:
    """Play a pass. With `is_killed`, one web process is killed after half of the RSVPs."""
    number = next(_numbers)
    with no_timeouts():
        crowd = create_people(f"rush{number}x", people)
    event = _event(number, seats)
    tokens = [(person.user.pk, person.access) for person in crowd]
    with Server(log) as server:
        if is_killed:
            killing = threading.Thread(target=_kill_one, args=(server, event, people // 2))
            killing.start()
        with Meter(server.workers) as web, Meter(server.backends) as postgres:
            began = time.monotonic()
            answers = send_from(clients, Rush(server.port, event.pk, tokens, connections))
        if is_killed:
            killing.join()
    broken = broken_promises(event, [person for person, _ in tokens], answers)
    ended = max(answer.at for answer in answers)
    return Pass(answers, ended - began, web.ms / people, postgres.ms / people, broken)


def _event(number: int, seats: int) -> Event:
    [organizer] = create_people(f"organizer{number}x", 1, is_organizer=True)
    start = timezone.now().replace(microsecond=0) + timedelta(days=30)
    details = {
        "title": f"Five hundred seats, night {number}",
        "location": "The Old Brewery",
        "start_time": start,
        "end_time": start + timedelta(hours=3),
        "max_attendees": seats,
        "status": Event.Status.PUBLISHED,
    }
    return create_event(organizer=organizer.user, details=details)


def _kill_one(server: Server, event: Event, after: int) -> None:
    """Kill a web process, like a power cut, once so many RSVPs are in the database."""
    tally = Tally.objects.filter(event=event)
    while sum(tally.values_list("going", "waiting")[0]) < after:
        time.sleep(0.05)
    os.kill(server.workers()[0], signal.SIGKILL)
    connection.close()  # of this thread
