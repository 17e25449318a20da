"""A rush over HTTP: on SQLite in one process, and on PostgreSQL and Redis."""

import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from threading import Event as Flag
from threading import Thread
from typing import Any

import pytest
import requests

from accounts.models import User
from events.models import Tally
from rsvp.models import Rsvp
from tests.client import access_token
from tests.concurrency.rush import rush_of
from tests.concurrency.server import Server
from tests.factories import PASSWORD, EventFactory, people
from tests.invariants import check_invariants

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("server"),
    pytest.mark.both,
]

CLIENTS = 60
SEATS = 10


@pytest.fixture(scope="module")
def server(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("rush") / "server.log")
    yield server
    server.stop()


class Caller:
    """A user with their own connection."""

    def __init__(self, server: Server, person: User) -> None:
        self.server = server
        self.session = requests.Session()
        token = access_token(person)
        self.session.headers["Authorization"] = f"Bearer {token}"

    def post(self, path: str, **body: Any) -> requests.Response:
        return self.session.post(f"{self.server.url}/api{path}", json=body, timeout=60)


def test_every_request_of_a_rush_succeeds(server: Server) -> None:
    crowd = people(CLIENTS)
    callers = [Caller(server, person) for person in crowd]
    event = EventFactory.create(max_attendees=SEATS)
    path = f"/events/{event.pk}"

    def visit(caller: Caller) -> list[int]:
        return [
            caller.post(f"{path}/rsvp/", status="going").status_code,
            caller.post(f"{path}/rsvp/", status="going").status_code,
            caller.post(f"{path}/cancel/").status_code,
            caller.post(f"{path}/rsvp/", status="going").status_code,
        ]

    with rush_of(CLIENTS) as rush:
        outcomes = rush([partial(visit, caller) for caller in callers])
    assert Counter(map(tuple, outcomes)) == {(201, 200, 200, 200): CLIENTS}, server.log.read_text()
    tally = Tally.objects.get(pk=event.pk)
    assert (tally.going, tally.waiting) == (SEATS, CLIENTS - SEATS)
    check_invariants()
    assert "locked" not in server.log.read_text()


def test_server_killed_in_a_rush_keeps_the_invariants(server: Server) -> None:
    crowd = people(CLIENTS)
    callers = [Caller(server, person) for person in crowd]
    event = EventFactory.create(max_attendees=SEATS)
    dead = Flag()
    confirmed: list[int] = []

    def keep_joining(caller: Caller, person: User) -> None:
        while not dead.is_set():
            try:
                response = caller.post(f"/events/{event.pk}/rsvp/", status="going", guests=0)
            except requests.ConnectionError:
                return
            if response.status_code in (200, 201) and response.json()["status"] == "going":
                confirmed.append(person.pk)

    def kill() -> None:
        """Kill the server after the first RSVP, during the others."""
        while not confirmed:
            time.sleep(0.01)
        server.kill()
        dead.set()

    Thread(target=kill, daemon=True).start()
    with rush_of(CLIENTS) as rush:
        rush([partial(keep_joining, c, p) for c, p in zip(callers, crowd, strict=True)])
    assert dead.wait(10)
    check_invariants()
    assert confirmed
    going = set(Rsvp.objects.filter(status="going").values_list("user_id", flat=True))
    assert set(confirmed) <= going

    server.start()
    outcomes = [c.post(f"/events/{event.pk}/rsvp/", status="going").status_code for c in callers]
    assert set(outcomes) <= {200, 201}
    check_invariants()


def test_simultaneous_refreshes_get_one_pair(server: Server) -> None:
    [person] = people(1)
    credentials = {"username": person.username, "password": PASSWORD}
    tokens = requests.post(f"{server.url}/api/login/", json=credentials, timeout=60).json()
    body = {"refresh": tokens["refresh"]}
    refresh = partial(requests.post, f"{server.url}/api/token/refresh/", json=body, timeout=60)
    with rush_of(20) as rush:
        responses = rush([refresh] * 20)
    assert [response.status_code for response in responses] == [200] * 20
    [pair] = {response.text for response in responses}
    assert tokens["refresh"] not in pair
