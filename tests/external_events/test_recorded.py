"""Recorded responses of the providers, if there is a folder with them.

They are third parties' data and not part of this repository. The folder is PROVIDER_SAMPLES of the
environment, or ../shared/providers beside this repository. It contains `ticketmaster` and
`seatgeek`, each with a manifest.json of status, headers and kind by file.
"""

import json
import os
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from core.errors import ProviderUnavailable
from external_events.exceptions import ExternalEventNotFound
from external_events.providers import PROVIDERS
from external_events.providers.base import Query
from external_events.records import ExternalEvent, Status
from tests.external_events.sanity import assert_sane
from tests.standins import StandIn, StandInResponse
from tests.standins.seatgeek import SeatGeekStandIn
from tests.standins.ticketmaster import TicketmasterStandIn

pytestmark = pytest.mark.embedded  # needs no server

FOLDER = Path(
    os.environ.get("PROVIDER_SAMPLES") or settings.BASE_DIR.parent / "shared" / "providers"
)
FILES = sorted(
    (provider, name)
    for provider in PROVIDERS
    if (manifest := FOLDER / provider / "manifest.json").exists()
    for name in json.loads(manifest.read_text())
)

# The total and the number of entries of each list.
COUNTS = {
    ("ticketmaster", "search_recorded_2016_mixed.json"): (75568, 6),
    ("ticketmaster", "search_recorded_2016_unicode_page2.json"): (112624, 5),
    ("ticketmaster", "search_recorded_2020_us.json"): (110019, 5),
    ("ticketmaster", "search_recorded_2020_gb.json"): (727, 6),
    ("ticketmaster", "search_empty.json"): (0, 0),
    ("ticketmaster", "search_page_past_end.json"): (27, 0),
    ("seatgeek", "search_recorded_2012.json"): (63188, 1),
    ("seatgeek", "search_recorded_2020.json"): (134845, 10),
    ("seatgeek", "search_recorded_2022.json"): (81817, 5),
    ("seatgeek", "search_empty.json"): (0, 0),
}


def utc(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


# Status, zone, start and local day of some events.
KNOWN = {
    "Z1lMVSyiJynZ177_Cp": (
        Status.SCHEDULED,
        "America/Chicago",
        utc(2016, 1, 25, 7),
        date(2016, 1, 25),
    ),
    "LvZ184j83k1A5TPn6ZZgc": (
        Status.SCHEDULED,
        "America/Toronto",
        utc(2015, 8, 7, 2, 15),
        date(2015, 8, 6),
    ),
    "1Ae7ZfdGkSp307Y": (Status.SCHEDULED, "America/Chicago", None, date(2016, 5, 20)),
    "G5dIZfeoHM32h": (
        Status.RESCHEDULED,
        "America/Chicago",
        utc(2016, 5, 20, 19),
        date(2016, 5, 20),
    ),
    "vv17FZfdGkSrrMju": (
        Status.SCHEDULED,
        "America/New_York",
        utc(2016, 5, 20, 21),
        date(2016, 5, 20),
    ),
    "Z7r9jZ1AejNCK": (
        Status.SCHEDULED,
        "America/Los_Angeles",
        utc(2020, 3, 22, 2),
        date(2020, 3, 21),
    ),
    "1FuYv9b00bZ7GeGe": (Status.CANCELLED, "Europe/London", utc(2020, 6, 3, 18), date(2020, 6, 3)),
    "1AMZA4EGkdzh_Tt": (
        Status.SCHEDULED,
        "Europe/London",
        utc(2020, 11, 11, 18),
        date(2020, 11, 11),
    ),
    "798459": (Status.SCHEDULED, "Etc/GMT+4", utc(2012, 5, 14, 14, 35), date(2012, 5, 14)),
    "5225201": (Status.SCHEDULED, "America/Sao_Paulo", None, date(2020, 3, 3)),
    "5107607": (Status.SCHEDULED, "America/New_York", utc(2020, 3, 3, 18), date(2020, 3, 3)),
    "5761429": (Status.SCHEDULED, "America/New_York", None, date(2022, 9, 5)),
}


def test_recorded_responses_exist_or_a_message_is_printed(
    record_property: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without them a message is printed."""
    message = (
        f"{len(FILES)} recorded bodies at {FOLDER}" if FILES else f"no recorded bodies at {FOLDER}"
    )
    record_property("recorded_bodies", message)
    with capsys.disabled():
        sys.stderr.write(f"\n{message}\n")  # the only output of an xdist worker that is shown
    assert {provider for provider, _ in FILES} in ({*PROVIDERS}, set())


@pytest.fixture
def stand_ins(ticketmaster: TicketmasterStandIn, seatgeek: SeatGeekStandIn) -> dict[str, StandIn]:
    return {"ticketmaster": ticketmaster, "seatgeek": seatgeek}


@pytest.mark.parametrize(("provider", "name"), FILES or [("", "")])
def test_recorded_body_is_read_or_refused_by_name(
    stand_ins: dict[str, StandIn], provider: str, name: str
) -> None:
    if not name:
        return  # as the test above reports; a skipped test would fail
    about = json.loads((FOLDER / provider / "manifest.json").read_text())[name]
    body = (FOLDER / provider / name).read_text()
    stand_ins[provider].trouble = StandInResponse(
        about["status"], body, tuple(about["headers"].items())
    )
    if "404" in name:
        with pytest.raises(ExternalEventNotFound):
            PROVIDERS[provider].fetch_event("7")
    elif about["status"] != 200:
        with pytest.raises(ProviderUnavailable):
            PROVIDERS[provider].search(Query(), page=1, size=20)
    elif name.startswith("event_"):
        check(PROVIDERS[provider].fetch_event(str(json.loads(body)["id"])))
    else:
        found = PROVIDERS[provider].search(Query(), page=1, size=20)
        assert found.unreadable == 0
        assert (found.total, len(found.records)) == COUNTS.get(
            (provider, name), (found.total, len(found.records))
        )
        for record in found.records:
            check(record)


def check(record: ExternalEvent) -> None:
    assert_sane(record)
    facts = record.status, record.timezone, record.start_time, record.local_date
    assert facts == KNOWN.get(record.external_id, facts)
