"""Rate limits: windows start with the first hit, and all stores behave alike."""

import socket
import time
from collections.abc import Iterator
from unittest.mock import Mock

import pytest
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from core import circuit_breaker, tasks
from core.models import LimitWindow
from core.ratelimit import Limit, Verdict, chain, count
from core.ratelimit.in_database import DatabaseStore
from core.ratelimit.in_memory import MemoryStore
from core.ratelimit.in_redis import RedisStore
from core.ratelimit.windows import Store
from tests.conftest import dead_redis

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture(params=["memory", "database", pytest.param("redis", marks=pytest.mark.real)])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "redis":
        return RedisStore(settings.REDIS_URL)
    return MemoryStore() if request.param == "memory" else DatabaseStore()


def limit(name: str = "login", *, quota: int = 2, window_s: float = 60, key: str = "") -> Limit:
    return Limit(name, key or f"{name}:ada", quota, window_s)


def left(verdict: Verdict) -> list[int]:
    return [standing.left for standing in verdict.standings]


def used(verdict: Verdict) -> list[int]:
    return [standing.used for standing in verdict.standings]


def events(log: pytest.LogCaptureFixture) -> list[str]:
    return [str(record.msg["event"]) for record in log.records if isinstance(record.msg, dict)]


class TestEveryStore:
    def test_hit_over_the_quota_is_refused(self, store: Store) -> None:
        verdicts = [store.count([limit(quota=2)]) for _ in range(4)]
        assert [verdict.allowed for verdict in verdicts] == [True, True, False, False]
        assert [left(verdict) for verdict in verdicts] == [[1], [0], [0], [0]]
        assert {verdict.retry_after_s for verdict in verdicts[2:]} <= {59, 60}

    def test_later_hits_do_not_extend_the_window(self, store: Store) -> None:
        first = store.count([limit(window_s=10)])
        time.sleep(0.2)
        second = store.count([limit(window_s=10)])
        passed_s = first.standings[0].lapses_in_s - second.standings[0].lapses_in_s
        assert 0.1 <= passed_s < 5

    def test_count_restarts_after_the_window(self, store: Store) -> None:
        for _ in range(3):
            verdict = store.count([limit(quota=2, window_s=1)])
        assert (verdict.allowed, verdict.retry_after_s) == (False, 1)
        time.sleep(verdict.retry_after_s)
        verdict = store.count([limit(quota=2, window_s=1)])
        assert (verdict.allowed, used(verdict)) == (True, [1])

    def test_window_may_be_shorter_than_a_second(self, store: Store) -> None:
        brief = limit(quota=1, window_s=0.3)
        verdicts = [store.count([brief]) for _ in range(2)]
        assert [verdict.allowed for verdict in verdicts] == [True, False]
        assert 0 < verdicts[1].standings[0].lapses_in_s <= 0.3
        assert verdicts[1].retry_after_s == 1
        time.sleep(0.35)
        assert store.count([brief]).allowed

    @pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
    def test_refused_hit_counts_for_no_limit(self, store: Store, names: tuple[str, str]) -> None:
        narrow, wide = limit(names[0], quota=1), limit(names[1], quota=5)
        assert used(store.count([narrow, wide])) == [1, 1]
        for _ in range(3):
            refusal = store.count([narrow, wide])
            assert (refusal.allowed, used(refusal)) == (False, [1, 1])
        assert used(store.count([wide])) == [2]

    def test_refused_hit_starts_no_window(self, store: Store) -> None:
        narrow, fresh = limit("narrow", quota=1), limit("fresh", quota=5, window_s=7)
        store.count([narrow])
        refusal = store.count([fresh, narrow])
        assert left(refusal) == [5, 0]
        assert refusal.standings[0].resets_in_s == 7
        assert used(store.count([fresh])) == [1]

    def test_standings_are_in_the_order_of_the_limits(self, store: Store) -> None:
        limits = [limit("c"), limit("a"), limit("b")]
        assert [standing.limit for standing in store.count(limits).standings] == limits

    def test_wait_is_that_of_the_longest_used_up_limit(self, store: Store) -> None:
        limits = [limit("a", quota=1, window_s=20), limit("b", quota=1, window_s=90)]
        spare = limit("c", quota=9, window_s=900)
        store.count(limits)
        assert store.count([*limits, spare]).retry_after_s == 90

    @pytest.mark.parametrize("key", ["k" * 300, "näme", "a\0b", "🎷" * 90])
    def test_each_key_has_its_own_window(self, store: Store, key: str) -> None:
        assert store.count([limit(quota=1, key=key)]).allowed
        assert store.count([limit(quota=1, key=f"{key}+")]).allowed
        assert not store.count([limit(quota=1, key=key)]).allowed

    def test_lowered_quota_applies_at_once(self, store: Store) -> None:
        for _ in range(3):
            store.count([limit(quota=5)])
        lowered = store.count([limit(quota=2)])
        assert (lowered.allowed, left(lowered)) == (False, [0])

    def test_several_hits_count_all_or_none(self, store: Store) -> None:
        def spend(hits: int) -> Verdict:
            return store.count([Limit("dates", "dates:olive", 10, 60, hits)])

        verdicts = [spend(hits) for hits in (7, 4, 3, 1)]
        assert [verdict.allowed for verdict in verdicts] == [True, False, True, False]
        assert [left(verdict) for verdict in verdicts if verdict.allowed] == [[3], [0]]
        assert {verdict.retry_after_s for verdict in verdicts if not verdict.allowed} <= {59, 60}

    def test_more_hits_than_the_quota_never_pass(self, store: Store) -> None:
        refused = store.count([Limit("dates", "dates:olive", 10, 60, 11)])
        assert (refused.allowed, used(refused)) == (False, [0])
        assert left(store.count([Limit("dates", "dates:olive", 10, 60, 10)])) == [0]


class TestDatabase:
    def test_number_of_statements(self) -> None:
        for limits, statements in (([limit("a")], 1), ([limit("a"), limit("b")], 3)):
            with CaptureQueriesContext(
                connection,
            ) as captured:
                DatabaseStore().count(limits)
            assert len(captured) == statements, captured.captured_queries

    def test_refusal_keeps_the_outer_transaction(self) -> None:
        limits = [limit("a", quota=1), limit("b")]
        with transaction.atomic():
            assert DatabaseStore().count(limits).allowed
            assert not DatabaseStore().count(limits).allowed
            assert not DatabaseStore().count(limits[:1]).allowed
        assert dict(LimitWindow.objects.values_list("key", "used")) == {"a:ada": 1, "b:ada": 1}

    def test_only_lapsed_windows_are_deleted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("core.ratelimit.in_database._BATCH", 2)
        now = time.time()
        for name, lapses_at in (("a", 0), ("b", 0), ("c", now - 61), ("d", now - 30), ("e", now)):
            LimitWindow.objects.create(key=name, used=1, quota=1, lapses_at=lapses_at)
        tasks.forget_lapsed_limits()
        assert [window.key for window in LimitWindow.objects.all()] == ["d", "e"]


class TestMemory:
    def test_lapsed_windows_are_dropped_first(self) -> None:
        store = MemoryStore(max_windows=10)
        for number in range(10):
            store.count([limit(key=f"old{number}", window_s=0)])
        store.count([limit(key="kept", quota=1)])
        assert (len(store), store.count([limit(key="kept", quota=1)]).allowed) == (1, False)

    def test_full_store_drops_the_oldest_window(self) -> None:
        store = MemoryStore(max_windows=10)
        for number in range(25):
            store.count([limit(key=f"{number}")])
        assert len(store) <= 10
        assert used(store.count([limit(key="24")])) == [2]
        assert used(store.count([limit(key="0")])) == [1]


class TestOutage:
    """Redis is configured and does not respond."""

    @pytest.fixture
    def redis_calls(self, monkeypatch: pytest.MonkeyPatch) -> Mock:
        """Record the calls to Redis, which are still made."""
        calls = Mock(side_effect=RedisStore.count, autospec=True)
        monkeypatch.setattr(RedisStore, "count", lambda *args: calls(*args))
        return calls

    @pytest.fixture
    def no_redis(self, nowhere: str) -> Iterator[None]:
        with override_settings(CACHES=dead_redis(nowhere)):
            yield

    @pytest.fixture
    def frozen_redis(self) -> Iterator[None]:
        """Redis accepts connections and never responds."""
        with socket.create_server(("127.0.0.1", 0)) as frozen:
            address = f"127.0.0.1:{frozen.getsockname()[1]}"
            with override_settings(CACHES=dead_redis(address), REDIS_TIMEOUT_S=0.3):
                yield

    @pytest.mark.usefixtures("no_redis")
    def test_database_counts_during_the_outage(self, redis_calls: Mock) -> None:
        assert [count([limit(quota=2)]).allowed for _ in range(3)] == [True, True, False]
        assert LimitWindow.objects.get().used == 2
        assert redis_calls.call_count == 1

    @pytest.mark.usefixtures("frozen_redis")
    def test_frozen_redis_costs_one_request_its_timeout(self, redis_calls: Mock) -> None:
        began = time.monotonic()
        for _ in range(5):
            count([limit(quota=9)])
        assert time.monotonic() - began >= settings.REDIS_TIMEOUT_S
        assert redis_calls.call_count == 1

    @pytest.mark.usefixtures("no_redis")
    def test_redis_is_retried_and_the_outage_logged_once(
        self, redis_calls: Mock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(circuit_breaker, "PAUSE_S", 0.1)
        for _ in range(3):
            count([limit(quota=99)])
            count([limit(quota=99)])
            time.sleep(0.11)
        assert redis_calls.call_count == 3
        assert events(caplog) == ["rate_limits_without_redis"]

    @pytest.mark.usefixtures("no_redis")
    def test_memory_counts_without_redis_and_database(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        gone = Mock(side_effect=OperationalError("gone"))
        monkeypatch.setattr(DatabaseStore, "count", gone)
        assert [count([limit(quota=2)]).allowed for _ in range(3)] == [True, True, False]
        assert gone.call_count == 1
        assert events(caplog) == [
            "rate_limits_without_redis",
            "rate_limits_without_database",
        ]

    @pytest.mark.real
    def test_redis_counts_after_the_outage(
        self, nowhere: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(circuit_breaker, "PAUSE_S", 0.0)
        with override_settings(CACHES=dead_redis(nowhere)):
            count([limit()])
        count([limit()])
        assert used(RedisStore(settings.REDIS_URL).count([limit()])) == [2]
        assert chain.redis_breaker.lets_through()


def test_process_counts_without_redis() -> None:
    locmem = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    with override_settings(CACHES=locmem), CaptureQueriesContext(connection) as captured:
        assert [count([limit(quota=1)]).allowed for _ in range(2)] == [True, False]
    assert len(captured) == 0


@pytest.mark.real
def test_redis_costs_no_statement() -> None:
    with CaptureQueriesContext(connection) as captured:
        assert [count([limit(quota=1)]).allowed for _ in range(2)] == [True, False]
    assert len(captured) == 0
