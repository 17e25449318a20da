"""Fixtures of all tests. Olive organizes, Ada attends, Sam is a stranger, Alma is the admin.

Which database a test runs on in `make test`:

- Without a mark: PostgreSQL, with Redis and RabbitMQ.
- `both`: SQLite as well. For tests that depend on the database or on the missing servers: seats,
  search, limits, migrations, numbers of queries, series, sums by day, uniqueness, caches and the
  outbox.
- `embedded`: only SQLite. For features that exist only there, and for tests that need no server.
- `real`: needs the servers, and is not collected without them.

Without servers, `pytest` runs all of them but `real`, so a test can always be tried on SQLite.
`slow` marks the tests that `make test-fast` skips: SLOW_FOLDERS, the admin's pages, and modules
that start processes, wait for time-outs, encode pictures, play generated cases or try many attacks.
"""

import gc
import os
import re
import socket
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from django.test import Client
from pytest_socket import socket_allow_hosts
from redis import Redis
from rest_framework.settings import api_settings

from accounts.models import User
from core.cache import _breaker as cache_breaker
from core.ratelimit import chain
from events import filters
from events.models import Event
from external_events.services import request_cache
from tests.client import Api, BrowserClient
from tests.factories import EventFactory, UserFactory
from tests.ids import short_id, unreadable
from tests.settings import IS_REAL

# On a busy machine, an example may take any time.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

# Modules and test items are a million objects that live until the end. With the default thresholds,
# the garbage collector visits all of them every few tests, for 0.3 s each time.
gc.set_threshold(50_000, 10, 10)

SLOW_FOLDERS = {"authorization", "browser", "concurrency", "contract", "demo", "docs", "faults"}


@pytest.hookimpl(tryfirst=True)  # before pytest selects by mark
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect tests of the other database, check the ids, and start with the slowest groups."""
    if bad := unreadable([item.name for item in items]):
        raise pytest.UsageError(f"Name these cases with pytest.param(..., id=...): {bad}")
    for item in items:
        if item.path.parent.name in SLOW_FOLDERS or item.path.name.startswith("test_admin"):
            item.add_marker("slow")
    other_database = "embedded" if IS_REAL else "real"
    wanted = [item for item in items if other_database not in item.keywords]
    others = [item for item in items if other_database in item.keywords]
    config.hook.pytest_deselected(items=others)
    # Otherwise one worker starts the longest group when the others are about to finish.
    items[:] = sorted(wanted, key=lambda item: "xdist_group" not in item.keywords)


def pytest_collection_finish() -> None:
    """Exclude all present objects from later garbage collections."""
    gc.freeze()


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name the case of a text; pytest names all other values well."""
    return short_id(val) if isinstance(val, str | bytes) else None


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Iterator[None]:
    outcome: Any = yield
    report = outcome.get_result()
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped. Deselect a test that can't run here."


@pytest.fixture(autouse=True)
def _loopback_only() -> Iterator[None]:
    socket_allow_hosts(["127.0.0.1", "localhost", "::1"], allow_unix_socket=True)
    yield
    socket_allow_hosts(None)


@pytest.fixture(autouse=True)
def _clean_cache(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Clear cached values, counts in memory and circuit breakers after each test."""
    monkeypatch.setattr(RedisCache, "clear", _refuse_to_clear)
    yield
    request_cache.wait_for_refreshes()  # a late one would write into the next test's cache
    chain.memory.clear()
    for breaker in (chain.redis_breaker, chain.database_breaker):
        breaker.note_success()
    cache_breaker.cache_clear()
    filters.forget_recent()
    empty_caches()


def _refuse_to_clear(cache: RedisCache) -> None:
    raise AssertionError("clear() empties Redis for every test process. Use empty_caches().")


def empty_caches() -> None:
    """Delete the cached values of this process only."""
    if IS_REAL:
        redis = _redis()
        keys = list(redis.scan_iter(f"{settings.CACHES['default']['KEY_PREFIX']}:*", count=1000))
        if keys:
            redis.delete(*keys)
    else:
        for local_cache in caches.all():
            local_cache.clear()


@cache
def _redis() -> Redis:
    return Redis.from_url(os.environ["TEST_REDIS_URL"])


@pytest.fixture(autouse=True)
def _tasks_finish(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give tasks a minute: on a busy machine, they would leave messages for their next run."""
    for limit in (
        "notifications.tasks.LONGEST_S",
        "rsvp.messages.announcements._LONGEST_S",
        "reviews.requests._LONGEST_S",
    ):
        monkeypatch.setattr(limit, 60.0)


@pytest.fixture
def rates(monkeypatch: pytest.MonkeyPatch) -> dict[str, str | None]:
    """Switch all rates off; a test sets its own."""
    rates: dict[str, str | None] = dict.fromkeys(api_settings.DEFAULT_THROTTLE_RATES)
    monkeypatch.setattr(api_settings, "DEFAULT_THROTTLE_RATES", rates)
    return rates


@pytest.fixture
def client() -> Client:
    return BrowserClient()


@pytest.fixture
def olive(db: None) -> User:
    return UserFactory.create(username="olive", is_organizer=True)


@pytest.fixture
def ada(db: None) -> User:
    return UserFactory.create(username="ada")


@pytest.fixture
def sam(db: None) -> User:
    return UserFactory.create(username="sam")


@pytest.fixture
def alma(db: None) -> User:
    return UserFactory.create(username="alma", is_staff=True, is_superuser=True)


@pytest.fixture
def as_olive(olive: User) -> Api:
    return Api(olive)


@pytest.fixture
def as_ada(ada: User) -> Api:
    return Api(ada)


@pytest.fixture
def as_sam(sam: User) -> Api:
    return Api(sam)


@pytest.fixture
def as_alma(alma: User) -> Api:
    return Api(alma)


@pytest.fixture
def as_nobody(db: None) -> Api:
    return Api()


@pytest.fixture
def event(olive: User) -> Event:
    """Return Olive's event with two seats."""
    return EventFactory.create(created_by=olive, max_attendees=2)


@pytest.fixture
def admin_page(alma: User, client: Any) -> Callable[..., str]:
    """Return the HTML of an admin page, or of the page after a POST to it.

    The hidden fields of formsets are sent along, as a browser does.
    """
    client.force_login(alma)

    def page(path: str, data: dict[str, Any] | None = None) -> str:
        if data is None:
            response = client.get(f"/admin{path}")
        else:
            form = client.get(f"/admin{path}").content.decode()
            hidden = dict(re.findall(r'name="([\w-]+_FORMS)" value="(\d+)"', form))
            response = client.post(f"/admin{path}", hidden | data, follow=True)
        assert response.status_code == 200, response.status_code
        return str(response.content.decode())

    return page


@pytest.fixture
def nowhere() -> Iterator[str]:
    """Return an address that refuses connections."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


def dead_redis(address: str) -> dict[str, Any]:
    """Return CACHES with the real client and an address without a server."""
    backend = "core.cache.ForgivingRedisCache"
    return {"default": {"BACKEND": backend, "LOCATION": f"redis://{address}/0"}}
