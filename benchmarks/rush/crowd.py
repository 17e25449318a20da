"""The people of a rush: each sends one RSVP, and again until it is acknowledged."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace

from benchmarks.product.client import Connection, Response, request

_PAUSE_S = 0.2
_GIVES_UP_AFTER_S = 300


@dataclass(frozen=True)
class Rush:
    """An RSVP of each person, by id and token, to one event."""

    port: int
    event: int
    people: Sequence[tuple[int, str]]
    connections: int


@dataclass(frozen=True)
class Answer:
    """The acknowledged RSVP of a person.

    `at` is its time. `seconds` are those since the first try; `tries` more than one followed broken
    connections or a 503.
    """

    person: int
    status: str
    position: int | None
    at: float
    seconds: float
    tries: int


def send_from(processes: Executor, rush: Rush, number: int = 2) -> list[Answer]:
    """Send all RSVPs from this many other processes. Raises AssertionError for a refusal."""
    shares = [
        replace(rush, people=rush.people[first::number], connections=rush.connections // number)
        for first in range(number)
    ]
    return [answer for answers in processes.map(send, shares) for answer in answers]


def send(rush: Rush) -> list[Answer]:
    """Send all RSVPs from this process; each connection takes the next person when it is free.

    That is how people come through a proxy. With a fixed share of people for each connection, a
    process with few of the connections would be idle at the end.
    """
    people = iter(rush.people)
    with ThreadPoolExecutor(rush.connections) as threads:
        lanes = [threads.submit(_Lane(rush).send_all, people) for _ in range(rush.connections)]
        return [answer for lane in lanes for answer in lane.result()]


class _Lane:
    """One connection, which opens again after it broke."""

    def __init__(self, rush: Rush) -> None:
        self._rush = rush
        self._connection: Connection | None = None

    def send_all(self, people: Iterator[tuple[int, str]]) -> list[Answer]:
        answers = [self._answer(person, token) for person, token in people]
        self._hang_up()
        return answers

    def _answer(self, person: int, token: str) -> Answer:
        path = f"/api/events/{self._rush.event}/rsvp/"
        message = request("POST", path, token, {"status": "going"})
        began, tries = time.monotonic(), 1
        while (response := self._try(message)) is None or response.status == 503:
            assert time.monotonic() < began + _GIVES_UP_AFTER_S, "The server does not respond."
            time.sleep(_PAUSE_S)
            tries += 1
        assert response.status in (200, 201), response
        rsvp, now = response.json(), time.monotonic()
        return Answer(person, rsvp["status"], rsvp["waitlist_position"], now, now - began, tries)

    def _try(self, message: bytes) -> Response | None:
        try:
            self._connection = self._connection or Connection(self._rush.port)
            return self._connection.send(message)
        except OSError:
            self._hang_up()
            return None

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
