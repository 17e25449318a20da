"""Messages, the admin and Django's own fields write times in one form."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils.formats import date_format

from core import clock
from core.admin import time_cell
from events.notifications import EventFacts

pytestmark = pytest.mark.embedded  # needs no server

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2027, 6, 4, 17, tzinfo=UTC)


def test_time_has_its_weekday_and_zone() -> None:
    assert clock.written(START, BERLIN) == "Fri 4 Jun 2027, 19:00 Europe/Berlin"
    assert clock.written(START) == "Fri 4 Jun 2027, 17:00 UTC"


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        (3, "Fri 4 Jun 2027, 19:00 – 22:00 Europe/Berlin"),
        (8, "Fri 4 Jun 2027, 19:00 – Sat 5 Jun 2027, 03:00 Europe/Berlin"),
    ],
    ids=["one-day", "past-midnight"],
)
def test_span_past_midnight_has_both_days(hours: int, text: str) -> None:
    assert clock.span(START, START + timedelta(hours=hours), BERLIN) == text


def test_repeated_hour_names_its_offset() -> None:
    first = datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    assert [clock.written(first + timedelta(hours=n), BERLIN) for n in (0, 1)] == [
        "Sun 31 Oct 2027, 02:30 CEST Europe/Berlin",
        "Sun 31 Oct 2027, 02:30 CET Europe/Berlin",
    ]


def test_days_repeat_no_day() -> None:
    first = date(2027, 6, 4)
    assert clock.days(first, first) == "Fri 4 Jun 2027"
    assert clock.days(first, date(2027, 6, 6)) == "Fri 4 Jun 2027 – Sun 6 Jun 2027"


def test_admin_fields_use_the_same_form() -> None:
    assert date_format(START, "DATETIME_FORMAT") == clock.written(START)
    assert date_format(START, "DATE_FORMAT") == clock.day(START)
    assert Template("{{ at }}").render(Context({"at": START})) == clock.written(START)


def test_admin_cells_use_the_same_form() -> None:
    cell = time_cell(START, BERLIN)
    assert Template("{{ cell|striptags }}").render(Context({"cell": cell})) == clock.written(
        START, BERLIN
    )
    assert time_cell(None) == "–"


def test_messages_use_the_same_form() -> None:
    facts = EventFacts.read(
        {
            "id": 1,
            "title": "Jazz",
            "starts_at": START.isoformat(),
            "ends_at": (START + timedelta(hours=3)).isoformat(),
            "timezone": "Europe/Berlin",
        }
    )
    assert facts.times(BERLIN).short == clock.written(START, BERLIN)
