"""The requests that are measured, each with its floor in SQL."""

from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle, islice
from typing import Any

from django.utils import timezone

from benchmarks.endpoints import floors
from benchmarks.endpoints.world import World
from benchmarks.product.client import Connection, request
from benchmarks.product.people import PASSWORD, Person

CONNECTIONS, HOT_CONNECTIONS = 16, 64


@dataclass(frozen=True)
class Case:
    """A kind of request.

    `requests` returns the next ones, which are sent once. In each round, up to `alone` of them are
    sent on one connection, and up to `loaded` on many. Without `alone`, the CPU time is that under
    load.
    """

    name: str
    requests: Callable[[int], list[bytes]]
    sql: floors.Transactions | None = None
    status: int = 200
    alone: int = 250
    loaded: int = 1_600
    connections: int = CONNECTIONS


def build_cases(world: World, *, port: int) -> list[Case]:
    cases = [*_lists(world), *_searches(world), *_personal(world)]
    if _etag(port, world.readers[0]):
        cases.insert(1, Case("list, unchanged (304)", _unchanged(port, world), status=304))
    return cases + _seats(world) + _check_ins(world) + _logins(world)


def _in_order(requests: Iterable[bytes]) -> Callable[[int], list[bytes]]:
    """Return a function that returns the next requests."""
    rest = iter(requests)
    return lambda number: list(islice(rest, number))


def _get(people: list[Person], *paths: str) -> Callable[[int], list[bytes]]:
    """Request each path in turn, as each person in turn."""
    return _in_order(
        cycle([request("GET", f"/api/{path}", who.access) for path in paths for who in people])
    )


def _post(person: Person, path: str, body: Any) -> bytes:
    return request("POST", f"/api/{path}", person.access, body)


def _etag(port: int, reader: Person) -> str:
    with closing(Connection(port)) as connection:
        return connection.send(request("GET", "/api/events/", reader.access)).header("ETag")


def _unchanged(port: int, world: World) -> Callable[[int], list[bytes]]:
    """Ask with the present ETag, because writes between the rounds change it."""

    def requests(number: int) -> list[bytes]:
        reader = world.readers[0]
        etag = _etag(port, reader)
        return [request("GET", "/api/events/", reader.access, If_None_Match=etag)] * number

    return requests


def _lists(world: World) -> list[Case]:
    readers, category, last = world.readers, world.category, floors.last_page()
    first_day = timezone.now().date() + timedelta(days=10)
    last_day = first_day + timedelta(days=6)
    week = f"start_time >= '{first_day}' AND start_time < '{last_day + timedelta(days=1)}'"
    return [
        Case("list of 20 events", _get(readers, "events/"), floors.page()),
        Case(
            "list by category",
            _get(readers, f"events/?category_id={category}"),
            floors.page(f"category_id = {category}"),
        ),
        Case(
            "list of a week",
            _get(readers, f"events/?date_from={first_day}&date_to={last_day}"),
            floors.page(week),
        ),
        Case(
            f"list, page {floors.FARTHEST_PAGE}",
            _get(readers, f"events/?page={last}"),
            floors.page(number=last),
        ),
        Case(
            "one event",
            _get(readers, *(f"events/{event}/" for event in world.listed)),
            floors.page(f"id = {world.listed[0]}"),
        ),
    ]


def _searches(world: World) -> list[Case]:
    def search(query: str) -> Callable[[int], list[bytes]]:
        return _get(world.readers, f"events/search/?{query}")

    return [
        Case("search, rare word", search("q=777"), floors.search("777")),
        Case("search, common word", search("q=jazz"), floors.search("jazz")),
        Case("search, typo", search("q=confrence")),
        Case("search, within 10 km", search("near=52.52,13.405&radius_km=10"), floors.box()),
        Case("search with facets", search("q=jazz&facets=true")),
        Case("type-ahead", _get(world.readers, "events/suggest/?q=jaz")),
    ]


def _personal(world: World) -> list[Case]:
    readers, reader = world.readers, world.readers[0].user.pk
    return [
        Case("my profile", _get(readers, "users/profile/"), floors.profile(reader)),
        Case("my RSVPs", _get(readers, "rsvps/"), floors.rsvps(reader)),
        Case("my notifications", _get(readers, "notifications/"), floors.notifications(reader)),
        Case(
            "attendees of an event",
            _get(readers, f"events/{world.popular}/attendees/"),
            floors.attendees(world.popular),
        ),
    ]


def _seats(world: World) -> list[Case]:
    def join(event: int, person: Person) -> bytes:
        return _post(person, f"events/{event}/rsvp/", {"status": "going"})

    spread = _in_order(join(event, person) for event, person in world.pairs)
    bare = ((event, person.user.pk) for event, person in reversed(world.pairs))
    hot = _in_order(join(event, person) for event in world.hot for person in world.crowd)
    leave = _in_order(_post(person, f"events/{event}/cancel/", {}) for event, person in world.full)
    return [
        Case("RSVP, many events", spread, floors.rsvp(bare), 201, alone=50, loaded=400),
        Case(
            f"RSVP, one event, {HOT_CONNECTIONS} clients",
            hot,
            status=201,
            alone=0,
            loaded=len(world.crowd),
            connections=HOT_CONNECTIONS,
        ),
        Case("cancel, one promoted", leave, alone=50, loaded=400),
    ]


def _check_ins(world: World) -> list[Case]:
    def check_in(event: int, code: str) -> bytes:
        return _post(world.organizer, f"events/{event}/check-in/", {"code": code})

    def check_in_list(event: int, codes: list[str]) -> bytes:
        at = timezone.now().isoformat()
        scans = [{"code": code, "at": at} for code in codes]
        return _post(world.organizer, f"events/{event}/check-in/batch/", scans)

    single = _in_order(check_in(event, code) for event, code in world.tickets)
    lists = _in_order(check_in_list(event, codes) for event, codes in world.lists)
    return [
        Case("check-in", single, alone=50, loaded=400),
        Case(f"check-in, list of {len(world.lists[0][1])}", lists, alone=2, loaded=0),
    ]


def _logins(world: World) -> list[Case]:
    def log_in(person: Person) -> bytes:
        body = {"username": person.user.username, "password": PASSWORD}
        return request("POST", "/api/login/", body=body)

    def refresh(person: Person) -> bytes:
        return request("POST", "/api/token/refresh/", body={"refresh": person.refresh})

    return [
        Case("log in", _in_order(map(log_in, cycle(world.crowd))), alone=4, loaded=32),
        Case("refresh the tokens", _in_order(map(refresh, world.crowd)), alone=30, loaded=128),
    ]
