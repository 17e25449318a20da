"""Stand-ins for both providers, with their keys in the settings."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest

from external_events.providers import seatgeek as seatgeek_client
from external_events.providers import ticketmaster as ticketmaster_client
from external_events.services.shares import Caller
from tests.standins import seatgeek as sg
from tests.standins import ticketmaster as tm
from tests.standins.seatgeek import SeatGeekStandIn
from tests.standins.ticketmaster import TicketmasterStandIn

SOMEBODY = Caller(user_id=1, address="127.0.0.1")


@pytest.fixture
def ticketmaster(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[TicketmasterStandIn]:
    """Serve Ticketmaster without its limit of requests per second."""
    monkeypatch.setattr(ticketmaster_client, "PACE_S", None)
    with TicketmasterStandIn() as server:
        settings.TICKETMASTER_API_KEY = tm.KEY
        settings.TICKETMASTER_BASE_URL = server.url
        yield server
    # The next server may get the same port.
    ticketmaster_client._transport.cache_clear()


@pytest.fixture
def seatgeek(settings: Any) -> Iterator[SeatGeekStandIn]:
    with SeatGeekStandIn() as server:
        settings.SEATGEEK_CLIENT_ID = sg.CLIENT_ID
        settings.SEATGEEK_CLIENT_SECRET = sg.CLIENT_SECRET
        settings.SEATGEEK_BASE_URL = server.url
        yield server
    seatgeek_client._transport.cache_clear()


def is_well_again(server: TicketmasterStandIn) -> None:
    """End the server's trouble, and close the breaker, whose clock tests can't set."""
    server.trouble = None
    ticketmaster_client._transport.cache_clear()


def text_of(page: str) -> str:
    """Return the visible text of HTML, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())
