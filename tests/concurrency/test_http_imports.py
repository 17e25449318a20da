"""A rush of imports of one event over HTTP."""

import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import requests

from accounts.models import User
from events.models import Event
from external_events.models import Import
from tests.client import access_token
from tests.concurrency.provider_events import event_in_days
from tests.concurrency.rush import rush_of
from tests.concurrency.server import Server
from tests.factories import UserFactory
from tests.standins import Call, StandInResponse
from tests.standins import ticketmaster as tm
from tests.standins.ticketmaster import TicketmasterStandIn

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("server"),
    pytest.mark.both,
]

CLIENTS = 50


class SlowTicketmaster(TicketmasterStandIn):
    """Waits for a second, so that all imports arrive before it responds."""

    def respond(self, call: Call) -> StandInResponse:
        time.sleep(1)
        return super().respond(call)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[TicketmasterStandIn]:
    with SlowTicketmaster() as provider:
        monkeypatch.setenv("TICKETMASTER_API_KEY", tm.KEY)
        monkeypatch.setenv("TICKETMASTER_BASE_URL", provider.url)
        yield provider


@pytest.fixture
def server(transactional_db: None, slow: TicketmasterStandIn, tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "server.log")
    yield server
    server.stop()


def test_fifty_imports_of_one_event_create_one_per_organizer(
    server: Server, slow: TicketmasterStandIn
) -> None:
    slow.events = [event_in_days("G1")]
    crowd = UserFactory.create_batch(5, is_organizer=True)
    tokens = {organizer.pk: access_token(organizer) for organizer in crowd}

    def import_it(organizer: User) -> tuple[int, int]:
        response = requests.post(
            f"{server.url}/api/external-events/G1/import/",
            json={"provider": "ticketmaster"},
            headers={"Authorization": f"Bearer {tokens[organizer.pk]}"},
            timeout=60,
        )
        return response.status_code, response.json().get("id")

    with rush_of(CLIENTS) as rush:
        outcomes = rush([partial(import_it, crowd[number % 5]) for number in range(CLIENTS)])
    ids = list(Event.objects.values_list("pk", flat=True))
    assert Counter(outcomes) == {
        (status, pk): 1 if status == 201 else CLIENTS // 5 - 1
        for pk in ids
        for status in (200, 201)
    }
    assert Event.objects.values("created_by").distinct().count() == Import.objects.count() == 5
    assert len(slow.calls) == 1
