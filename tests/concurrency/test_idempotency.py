"""50 requests at once with one Idempotency-Key have one effect, also amid killed processes."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

import pytest
import requests
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from core.errors import RequestInProgress
from events.models import Event
from idempotency import services
from idempotency.models import StoredResponse
from idempotency.services import Claim
from tests.client import access_token
from tests.concurrency.rush import CONTROL_ROUNDS, Rush, rounds_of, rush_of
from tests.concurrency.server import Server
from tests.factories import UserFactory, event_body

pytestmark = [pytest.mark.real, pytest.mark.django_db(transaction=True)]

CLIENTS = 50
ROUNDS = 200
LEASE_S = 3


@pytest.fixture
def token(transactional_db: None) -> str:
    return access_token(UserFactory.create(is_organizer=True))


def post(token: str, key: str, body: dict[str, Any]) -> tuple[int, Any]:
    """Return the status, and the id of the event or the code of the error."""
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {token}", HTTP_IDEMPOTENCY_KEY=key)
    response = client.post("/api/events/", body)
    return response.status_code, response.json().get("id") or response.json()["code"]


def one_effect(outcomes: list[tuple[int, Any]]) -> bool:
    """Return whether one event was created, and all others waited or got the same response."""
    numbers = Counter(outcomes)
    waiting = numbers.pop((409, RequestInProgress.code), 0)
    ids = list(Event.objects.values_list("pk", flat=True))
    return len(ids) == 1 and numbers == {(201, ids[0]): CLIENTS - waiting}


class TestRush:
    def round(self, rush: Rush, token: str, number: int) -> list[tuple[int, Any]]:
        Event.objects.all().delete()
        body = event_body()
        outcomes = rush([partial(post, token, f"key-{number}", body)] * CLIENTS)
        assert [o for o in outcomes if isinstance(o, Exception)] == []
        return outcomes

    def test_fifty_at_once_have_one_effect(self, token: str) -> None:
        with rush_of(CLIENTS) as rush:
            for number in rounds_of(ROUNDS, few=5):
                assert one_effect(self.round(rush, token, number))
                [(status, _)] = {post(token, f"key-{number}", event_body()) for _ in range(2)}
                assert status == 422  # the times of this body are others

    def test_fifty_take_over_a_lapsed_claim_once(self, token: str) -> None:
        body = event_body()
        with rush_of(CLIENTS) as rush:
            for number in rounds_of(ROUNDS, few=5):
                key = f"lapsed-{number}"
                post(token, key, body)
                StoredResponse.objects.filter(key=key).update(
                    status=None, claimed_until=timezone.now()
                )
                Event.objects.all().delete()
                assert one_effect(rush([partial(post, token, key, body)] * CLIENTS))

    def test_control_that_only_looks_for_a_response_repeats_the_effect(
        self, token: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def look(*, user_id: int, key: str, fingerprint: str) -> Claim | StoredResponse:
            stored = StoredResponse.objects.filter(key=key).exclude(status=None).first()
            return stored or Claim(0, fingerprint)

        def insert(claim: Claim, **response: Any) -> bool:
            user_id, now = User.objects.values_list("pk", flat=True)[0], timezone.now()
            row = StoredResponse(
                user_id=user_id, key=key, claimed_until=now, created_at=now, **response
            )
            StoredResponse.objects.bulk_create([row], ignore_conflicts=True)
            return True

        monkeypatch.setattr(services, "claim_key", look)
        monkeypatch.setattr(services, "store", insert)
        with rush_of(CLIENTS) as rush:
            for number in range(CONTROL_ROUNDS):
                key = f"key-{number}"
                if not one_effect(self.round(rush, token, number)):
                    break
            else:
                pytest.fail("The control never repeated the effect.")


@pytest.mark.xdist_group("server")
class TestServers:
    """Over HTTP, to two servers on one database."""

    BODY = event_body()

    @pytest.fixture
    def servers(
        self, transactional_db: None, tmp_path_factory: pytest.TempPathFactory
    ) -> Iterator[list[Server]]:
        log = tmp_path_factory.mktemp("keys") / "server.log"
        env = {"WEB_CONCURRENCY": "1", "IDEMPOTENCY_LEASE_S": str(LEASE_S)}
        servers = [Server(log, **env), Server(log, **env)]
        yield servers
        for server in servers:
            server.stop()

    def send(self, server: Server, token: str, key: str = "k") -> requests.Response:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
        url = f"{server.url}/api/events/"
        return requests.post(url, json=self.BODY, headers=headers, timeout=60)

    def test_two_servers_have_one_effect(self, servers: list[Server], token: str) -> None:
        def call(server: Server, key: str) -> tuple[int, Any]:
            response = self.send(server, token, key)
            return response.status_code, response.json().get("id") or response.json()["code"]

        with rush_of(CLIENTS) as rush:
            for number in rounds_of(50, few=3):
                Event.objects.all().delete()
                calls = [partial(call, servers[n % 2], f"key-{number}") for n in range(CLIENTS)]
                assert one_effect(rush(calls))
                assert self.send(servers[0], token, f"key-{number}").headers["Idempotency-Replayed"]

    def test_key_of_a_killed_process_is_taken_over(self, servers: list[Server], token: str) -> None:
        first, second = servers
        with ThreadPoolExecutor(1) as pool, no_new_events():
            doomed = pool.submit(self.send, first, token)
            claim = wait_for_claim()
            first.kill_workers()
            assert isinstance(doomed.exception(), requests.ConnectionError)
        assert not Event.objects.exists()
        while (response := self.send(second, token)).status_code == 409:
            pass
        assert (response.status_code, "Idempotency-Replayed" in response.headers) == (201, False)
        assert timezone.now() >= claim  # not before the lease had lapsed
        again = self.send(first, token)
        assert (again.content, again.headers["Idempotency-Replayed"]) == (response.content, "true")
        assert Event.objects.count() == 1

    def test_slow_request_keeps_its_claim(self, servers: list[Server], token: str) -> None:
        """It runs for longer than a lease, and is not run a second time."""
        first, second = servers
        with ThreadPoolExecutor(1) as pool:
            with no_new_events():
                slow: Future[requests.Response] = pool.submit(self.send, first, token)
                lease = wait_for_claim()
                while timezone.now() <= lease:
                    assert self.send(second, token).status_code == 409
                assert wait_for_claim() > lease
            response = slow.result()
        assert response.status_code == 201
        assert self.send(second, token).content == response.content
        assert Event.objects.count() == 1


@contextmanager
def no_new_events() -> Iterator[None]:
    """Let requests that create events wait until the end of the block."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE events_event IN EXCLUSIVE MODE")
        yield


def wait_for_claim() -> datetime:
    """Return the end of the lease of the only claim, once there is one."""
    while (until := StoredResponse.objects.values_list("claimed_until", flat=True).first()) is None:
        pass
    return until
