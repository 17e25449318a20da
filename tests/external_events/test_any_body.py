"""Any body of a provider becomes a named error or valid records."""

import copy
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import ProviderUnavailable
from external_events.exceptions import ExternalEventNotFound
from external_events.providers import PROVIDERS, parsing, times
from external_events.providers.base import Query
from external_events.records import ExternalEvent
from tests.external_events.sanity import assert_sane
from tests.standins import StandIn, StandInResponse
from tests.standins.seatgeek import SeatGeekStandIn, sg_event
from tests.standins.ticketmaster import TicketmasterStandIn, tm_event

# Needs no server.
pytestmark = [pytest.mark.embedded, pytest.mark.slow]

# Texts that have caused errors, besides those of hypothesis.
NASTY = st.sampled_from(
    [
        "", " ", "\x00", "\u202e", "\u200b", "0", "-1", "1e999", "NaN", "9" * 400, "٣", "true",
        "<script>x</script>", "&#0;&#x202e;", "&lt;b&gt;", "<b", "<!--", "Undefined", "undefined",
        "2027-02-30", "2027-05-01", "1970-01-01", "2200-12-31", "00:00:00", "23:59:59", "24:00",
        "1970-01-01T00:00:00Z", "2200-12-31T23:59:59", "9999-12-31T23:59:59+14:00",
        "0001-01-01T00:00:00-14:00", "2027-05-01T19:30:00+99:99", "Europe/Berlin",
        "2027-05-01T19:30:00+05:45", "2200-12-31T23:59:59-03:30", "localtime",
        "Pacific/Kiritimati", "Etc/GMT+12", "52.5", "-180", "http://[", "https://a@b.example/",
        "https://b.example/\u2028", "//b.example", "cancelled", "standard", "16_9", "x" * 50_000,
    ]
)  # fmt: skip
# orjson refuses larger numbers, and lone surrogates are not JSON.
TEXT = st.one_of(NASTY, st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
JSON: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**64 - 1),
        st.floats(allow_nan=False, allow_infinity=False),
        TEXT,
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
ANYTHING = st.one_of(
    JSON,
    st.floats(),
    st.just(10**5000),
    st.just("\ud800"),
    st.binary(max_size=5),
    st.text(max_size=40),
)
ENOUGH = settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the paths of all values, at any depth."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for name, child in inner:
        yield (*path, name)
        if isinstance(child, dict | list):
            yield from places(child, (*path, name))


def changed(event: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return a copy with another value at the path."""
    event = copy.deepcopy(event)
    target = event
    for name in path[:-1]:
        target = target[name]
    target[path[-1]] = value
    return event


TICKETMASTERS = tm_event() | {
    "description": "All of it",
    "place": {},
    "dates": tm_event()["dates"] | {"end": {"localDate": "2027-05-01", "localTime": "23:00:00"}},
}
SEATGEEKS = sg_event(enddatetime_utc="2027-05-02T04:00:00")
# A festival whose end is only a day.
FESTIVALS = TICKETMASTERS | {
    "dates": {
        "start": {"dateTime": "2027-05-01T12:00:00+05:45"},
        "end": {"localDate": "2027-05-03"},
    },
}


def check(provider: str, server: StandIn, body: Any, external_id: str) -> None:
    server.trouble = StandInResponse(200, body)
    records: list[ExternalEvent] = []
    with suppress(ProviderUnavailable):
        found = PROVIDERS[provider].search(Query(), page=1, size=20)
        assert 0 <= found.total < 10**18
        records += found.records
    with suppress(ProviderUnavailable, ExternalEventNotFound):
        records.append(PROVIDERS[provider].fetch_event(external_id))
    for record in records:
        assert_sane(record)


@ENOUGH
@given(body=JSON)
def test_any_body_of_ticketmaster_is_handled(ticketmaster: TicketmasterStandIn, body: Any) -> None:
    check("ticketmaster", ticketmaster, body, "G5")


@ENOUGH
@given(body=JSON)
def test_any_body_of_seatgeek_is_handled(seatgeek: SeatGeekStandIn, body: Any) -> None:
    check("seatgeek", seatgeek, body, "7")


@ENOUGH
@given(path=st.sampled_from([*places({"event": TICKETMASTERS})]), value=JSON)
def test_any_field_of_ticketmasters_event_is_handled(
    ticketmaster: TicketmasterStandIn, path: tuple[Any, ...], value: Any
) -> None:
    event = changed({"event": TICKETMASTERS}, path, value)["event"]
    page = {"_embedded": {"events": [event]}, "page": {"totalElements": 1}}
    check("ticketmaster", ticketmaster, page, TICKETMASTERS["id"])
    check("ticketmaster", ticketmaster, event, TICKETMASTERS["id"])


@ENOUGH
@given(path=st.sampled_from([*places({"event": SEATGEEKS})]), value=JSON)
def test_any_field_of_seatgeeks_event_is_handled(
    seatgeek: SeatGeekStandIn, path: tuple[Any, ...], value: Any
) -> None:
    event = changed({"event": SEATGEEKS}, path, value)["event"]
    check("seatgeek", seatgeek, {"events": [event], "meta": {"total": 1}}, "5300417")
    check("seatgeek", seatgeek, event, "5300417")


@ENOUGH
@given(path=st.sampled_from([*places(TICKETMASTERS)]), value=ANYTHING)
def test_invalid_json_in_ticketmasters_event_is_handled(path: tuple[Any, ...], value: Any) -> None:
    if record := PROVIDERS["ticketmaster"].parse_event(changed(TICKETMASTERS, path, value)):
        assert_sane(record)


@ENOUGH
@given(path=st.sampled_from([*places(FESTIVALS)]), value=ANYTHING)
def test_invalid_json_in_a_festival_is_handled(path: tuple[Any, ...], value: Any) -> None:
    if record := PROVIDERS["ticketmaster"].parse_event(changed(FESTIVALS, path, value)):
        assert_sane(record)


@ENOUGH
@given(path=st.sampled_from([*places(SEATGEEKS)]), value=ANYTHING)
def test_invalid_json_in_seatgeeks_event_is_handled(path: tuple[Any, ...], value: Any) -> None:
    if record := PROVIDERS["seatgeek"].parse_event(changed(SEATGEEKS, path, value)):
        assert_sane(record)


READERS = [
    parsing.as_dict, parsing.dicts, parsing.is_true, parsing.one_line, parsing.paragraphs,
    parsing.url, parsing.number, parsing.whole_number, parsing.price, parsing.currency,
    times.parse_day, times.parse_time, times.parse_local, times.parse_instant,
    times.parse_local_with_offset,
]  # fmt: skip


@ENOUGH
@given(value=ANYTHING, other=ANYTHING)
def test_readers_never_raise(value: Any, other: Any) -> None:
    for read in READERS:
        read(value)
    parsing.coordinates(value, other)
    parsing.prices(value, other)
    parsing.place_name(value, other)
    parsing.dig(value, "a", "b")
    times.find_zone([value, other], None, None, None)
