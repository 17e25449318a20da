"""Both providers as local servers, with their keys in the settings."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest

from external_events.providers import PROVIDERS
from external_events.services.quotas import Caller
from tests.standins import seatgeek as sg
from tests.standins import ticketmaster as tm
from tests.standins.seatgeek import SeatGeekStandIn
from tests.standins.ticketmaster import TicketmasterStandIn

SOMEBODY = Caller(user_id=1, address="127.0.0.1")


@pytest.fixture
def ticketmaster(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[TicketmasterStandIn]:
    """Without a pace."""
    monkeypatch.setattr(PROVIDERS["ticketmaster"], "pace_s", None)
    with TicketmasterStandIn() as server:
        settings.TICKETMASTER_API_KEY = tm.KEY
        settings.TICKETMASTER_BASE_URL = server.url
        yield server
    forget_transport("ticketmaster")


@pytest.fixture
def seatgeek(settings: Any) -> Iterator[SeatGeekStandIn]:
    with SeatGeekStandIn() as server:
        settings.SEATGEEK_CLIENT_ID = sg.CLIENT_ID
        settings.SEATGEEK_CLIENT_SECRET = sg.CLIENT_SECRET
        settings.SEATGEEK_BASE_URL = server.url
        yield server
    forget_transport("seatgeek")


def forget_transport(provider: str) -> None:
    """Drop its connections, limits and circuit breaker, whose clock can't be set."""
    vars(PROVIDERS[provider]).pop("transport", None)


def is_well_again(server: TicketmasterStandIn) -> None:
    server.trouble = None
    forget_transport("ticketmaster")


def text_of(page: str) -> str:
    """Return the visible text of HTML, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())
