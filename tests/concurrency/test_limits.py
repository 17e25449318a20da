"""Fifty simultaneous calls for a limit of ten: in all stores, in the guards, and over HTTP.

The controls need real servers: DRF's own throttles, and the stores without their guard.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from pytest_django.fixtures import Settings
from rest_framework.settings import api_settings
from rest_framework.test import APIClient
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from core.errors import TooManyTries
from core.models import LimitWindow
from core.ratelimit import Limit, chain, count, in_database, is_first, spend
from core.ratelimit.in_database import DatabaseStore, row_key
from core.ratelimit.in_memory import MemoryStore
from core.ratelimit.in_redis import RedisStore
from core.ratelimit.windows import Store
from tests.client import access_token
from tests.concurrency.rush import (
    CONTROL_ROUNDS,
    Action,
    Rush,
    errors_other_than,
    rounds_of,
    rush_of,
)
from tests.conftest import dead_redis
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]

CROWD = 50
QUOTA = 10
ROUNDS = 50


@pytest.fixture(scope="module")
def rush() -> Iterator[Rush]:
    with rush_of(CROWD) as rush:
        yield rush


def limits(number: int, quota: int = QUOTA) -> list[Limit]:
    """Return a narrow limit and a wide one, like those of a request."""
    return [
        Limit("narrow", f"narrow:{number}", quota, 60),
        Limit("wide", f"wide:{number}", 10 * CROWD, 60),
    ]


def read_then_write(requested: Sequence[Limit], now: float) -> dict[str, tuple[int, float]]:
    """Count in the database without the guard: read first, then write."""
    counted = {}
    for limit in requested:
        key = row_key(limit.key)
        window = LimitWindow.objects.filter(key=key, lapses_at__gt=now).first()
        used = window.used if window else 0
        if used < limit.quota:
            more = {"used": used + 1, "quota": limit.quota, "lapses_at": now + limit.window_s}
            LimitWindow.objects.update_or_create(key=key, defaults=more)
            counted[key] = (used + 1, now + limit.window_s)
    return counted


class SlowMemoryStore(MemoryStore):
    """A store that lets other threads run between reading and counting."""

    def _window(self, *args: Any) -> Any:
        found = super()._window(*args)
        time.sleep(0.0001)
        return found


class TestStores:
    """Fifty calls count against two limits, one of which allows ten."""

    def round(self, rush: Rush, store: Store, number: int) -> int:
        """Return how many passed."""
        verdicts = rush([partial(store.count, limits(number))] * CROWD)
        assert errors_other_than(verdicts) == []
        return sum(verdict.allowed for verdict in verdicts)

    def counted(self, store: Store, number: int) -> list[int]:
        """Return the standing of both limits in a refusal."""
        return [standing.used for standing in store.count(limits(number)).standings]

    @pytest.mark.parametrize(
        "name", [pytest.param("redis", marks=pytest.mark.real), "database", "memory"]
    )
    def test_exactly_the_quota_passes(self, rush: Rush, name: str) -> None:
        stores: dict[str, Callable[[], Store]] = {
            "redis": lambda: RedisStore(settings.REDIS_URL),
            "database": DatabaseStore,
            "memory": SlowMemoryStore,
        }
        store = stores[name]()
        for number in rounds_of(ROUNDS):
            assert self.round(rush, store, number) == QUOTA
            assert self.counted(store, number) == [QUOTA, QUOTA]

    def test_limits_that_share_rows_never_deadlock(self, rush: Rush) -> None:
        """Count in both orders: locks in the order of the limits in the call would deadlock."""
        store = DatabaseStore()
        for number in rounds_of(ROUNDS):
            both = limits(number, quota=QUOTA), limits(number, quota=QUOTA)[::-1]
            actions = [partial(store.count, pair) for pair in both] * (CROWD // 2)
            verdicts = rush(actions)
            assert errors_other_than(verdicts) == []
            assert sum(verdict.allowed for verdict in verdicts) == QUOTA

    def test_counting_works_while_lapsed_rows_are_deleted(self, rush: Rush) -> None:
        store = DatabaseStore()
        for number in rounds_of(ROUNDS):
            for limit in limits(number):
                LimitWindow.objects.create(key=limit.key, used=9, quota=9, lapses_at=0)
            actions: list[Action] = [partial(store.count, limits(number))] * (CROWD - 5)
            verdicts = rush(actions + [in_database.forget_lapsed] * 5)
            assert errors_other_than(verdicts) == []
            assert sum(verdict.allowed for verdict in verdicts[:-5]) == QUOTA

    @pytest.mark.real
    def test_control_database_lets_more_through_when_it_reads_first(
        self, rush: Rush, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(in_database, "_upsert", read_then_write)
        assert any(
            self.round(rush, DatabaseStore(), number) > QUOTA for number in range(CONTROL_ROUNDS)
        )

    @pytest.mark.real
    def test_control_memory_lets_more_through_without_its_lock(
        self, rush: Rush, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store = SlowMemoryStore()
        monkeypatch.setattr(store, "_lock", nullcontext())
        assert any(self.round(rush, store, number) > QUOTA for number in range(CONTROL_ROUNDS))

    @pytest.mark.real
    def test_control_drf_lets_more_through(self, rush: Rush) -> None:
        """DRF's throttles read the history from the cache, then write it back."""

        class Throttle(SimpleRateThrottle):
            rate = f"{QUOTA}/hour"

            def get_cache_key(self, request: Any, view: Any) -> str:
                return str(request.bucket)

        def is_allowed(bucket: str) -> bool:
            request: Any = SimpleNamespace(bucket=bucket)
            return bool(Throttle().allow_request(request, APIView()))

        rounds = (rush([partial(is_allowed, f"{n}")] * CROWD) for n in range(CONTROL_ROUNDS))
        assert any(sum(allowed) > QUOTA for allowed in rounds)

    def test_database_lets_exactly_the_quota_through_while_redis_is_dead(
        self, rush: Rush, nowhere: str, settings: Settings
    ) -> None:
        settings.CACHES = dead_redis(nowhere)
        for number in rounds_of(ROUNDS):
            verdicts = rush([partial(count, limits(number))] * CROWD)
            assert errors_other_than(verdicts) == []
            assert sum(verdict.allowed for verdict in verdicts) == QUOTA
        assert len(chain.memory) == 0


class TestGuards:
    @pytest.fixture(autouse=True)
    def _limits_are_on(self, settings: Settings) -> None:
        settings.RATE_LIMITS = True

    def spent(self, rush: Rush, number: int) -> int:
        outcomes = rush([partial(spend, f"code:{number}", limit=QUOTA, window_s=60)] * CROWD)
        assert errors_other_than(outcomes, TooManyTries) == []
        return outcomes.count(None)

    def firsts(self, rush: Rush, number: int) -> int:
        outcomes = rush([partial(is_first, f"code:{number}", window_s=60)] * CROWD)
        assert errors_other_than(outcomes) == []
        return outcomes.count(True)

    def test_exactly_the_limit_is_spent(self, rush: Rush) -> None:
        assert {self.spent(rush, number) for number in rounds_of(ROUNDS)} == {QUOTA}

    def test_exactly_one_is_first(self, rush: Rush) -> None:
        assert {self.firsts(rush, number) for number in rounds_of(ROUNDS)} == {1}

    @pytest.mark.real
    def test_control_spends_more_when_it_reads_first(
        self, rush: Rush, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(in_database, "_upsert", read_then_write)
        assert any(self.spent(rush, number) > QUOTA for number in range(CONTROL_ROUNDS))

    @pytest.mark.real
    def test_control_has_several_firsts_when_it_reads_first(
        self, rush: Rush, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(in_database, "_upsert", read_then_write)
        assert any(self.firsts(rush, number) > 1 for number in range(CONTROL_ROUNDS))


def test_exactly_the_quota_passes_over_http(rush: Rush, monkeypatch: pytest.MonkeyPatch) -> None:
    """One person sends fifty RSVPs at once."""
    rates = dict.fromkeys(api_settings.DEFAULT_THROTTLE_RATES)
    monkeypatch.setattr(
        api_settings, "DEFAULT_THROTTLE_RATES", rates | {"rsvp": f"{QUOTA}/hour", "user": "600/min"}
    )
    for _ in range(5):
        person = UserFactory.create()
        token = access_token(person)

        def post(token: str) -> tuple[int, str]:
            client = APIClient(headers={"authorization": f"Bearer {token}"})
            response = client.post("/api/events/1/rsvp/", {"status": "going"}, format="json")
            return response.status_code, response.headers["RateLimit"].split(";t=")[0]

        outcomes = rush([partial(post, token)] * CROWD)
        assert errors_other_than(outcomes) == []
        assert Counter(outcomes) == {
            **{(404, f'"rsvp";r={left}'): 1 for left in range(QUOTA)},
            (429, '"rsvp";r=0'): CROWD - QUOTA,
        }
