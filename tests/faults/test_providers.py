"""A provider that hangs, behind the server as most users run it: one process, SQLite."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.client import access_token
from tests.concurrency.server import Server
from tests.factories import people
from tests.standins import ticketmaster as tm
from tests.standins.ticketmaster import TicketmasterStandIn

pytestmark = [
    pytest.mark.embedded,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("server"),
]

THREADS = 8
PROMISED_S = 15
# Searches while half of the threads wait block the other half for two seconds.
QUICK_S = 4


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[TicketmasterStandIn]:
    with TicketmasterStandIn() as provider:
        monkeypatch.setenv("TICKETMASTER_API_KEY", tm.KEY)
        monkeypatch.setenv("TICKETMASTER_BASE_URL", provider.url)
        monkeypatch.setenv("WEB_THREADS", str(THREADS))
        yield provider


@pytest.fixture
def server(
    transactional_db: None, provider: TicketmasterStandIn, tmp_path: Path
) -> Iterator[Server]:
    server = Server(tmp_path / "server.log")
    yield server
    server.stop()


def test_searches_at_a_hanging_provider_leave_threads_for_other_requests(
    server: Server, provider: TicketmasterStandIn
) -> None:
    provider.is_hanging = True
    [person] = people(1)
    headers = {"Authorization": f"Bearer {access_token(person)}"}

    def get(path: str) -> tuple[int, bool, float]:
        """Return the status, whether there is a Retry-After, and the seconds it took."""
        began = time.monotonic()
        response = requests.get(f"{server.url}/api{path}", headers=headers, timeout=60)
        return response.status_code, "Retry-After" in response.headers, time.monotonic() - began

    with ThreadPoolExecutor(THREADS) as people_who_search:
        words = [f"/external-events/?query=word{number}" for number in range(THREADS)]
        searches = [people_who_search.submit(get, path) for path in words]
        while not provider.calls:
            time.sleep(0.01)
        others = []
        while not all(search.done() for search in searches):
            others.append(get("/events/"))
            time.sleep(0.1)
    found = [search.result() for search in searches]
    assert Counter(result[:2] for result in found) == {(503, True): THREADS}
    assert max(result[2] for result in found) < PROMISED_S
    assert {status for status, *_ in others} == {200}
    assert max(result[2] for result in others) < QUICK_S
    assert provider.url not in server.log.read_text()
    assert tm.KEY not in server.log.read_text()
