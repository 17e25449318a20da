"""Liveness and readiness probes."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client, override_settings

from core.health import _check_migrations
from tests.conftest import dead_redis
from tests.settings import IS_REAL

pytestmark = pytest.mark.both

OK = {"database": "ok", "cache": "ok", "broker": "ok"}
NEWEST = MigrationLoader(None).graph.leaf_nodes("rsvp")[0]


def test_live_checks_nothing(client: Client) -> None:
    assert client.get("/health/live/").json() == {"status": "ok"}


@pytest.mark.django_db
def test_ready_lists_its_checks(client: Client) -> None:
    assert client.get("/health/ready/").json() == {"status": "ok", "checks": OK}


@pytest.mark.django_db
def test_probe_may_use_the_ip_address(client: Client) -> None:
    assert client.get("/health/ready/", headers={"host": "10.1.2.3"}).status_code == 200


@pytest.mark.django_db
def test_ready_names_a_dead_broker(client: Client, nowhere: str) -> None:
    with override_settings(CELERY_BROKER_URL=f"amqp://guest:guest@{nowhere}//"):
        response = client.get("/health/ready/")
    assert response.status_code == 503
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["checks"] == OK | {"broker": "down"}


@pytest.mark.real
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("ours", "other"),
    [("//", "//nowhere"), ("guest:guest@", "guest:wrong@")],
    ids=["host", "password"],
)
def test_ready_names_a_broker_that_refuses(client: Client, ours: str, other: str) -> None:
    """The virtual host does not exist, or the password is wrong."""
    head, found, tail = settings.CELERY_BROKER_URL.rpartition(ours)
    assert found
    with override_settings(CELERY_BROKER_URL=head + other + tail):
        response = client.get("/health/ready/")
    assert (response.status_code, response.json()["checks"]["broker"]) == (503, "down")


@pytest.mark.django_db
def test_ready_names_a_dead_cache(client: Client, nowhere: str) -> None:
    with override_settings(CACHES=dead_redis(nowhere)):
        response = client.get("/health/ready/")
    assert (response.status_code, response.json()["checks"]["cache"]) == (503, "down")


@pytest.mark.django_db
def test_ready_names_a_dead_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(connection, "cursor", refuse)
    response = client.get("/health/ready/")
    assert (response.status_code, response.json()["checks"]["database"]) == (503, "down")


@pytest.mark.django_db
class TestMigrations:
    """A server on an empty database was ready, and responded 500 to every request."""

    @pytest.fixture(autouse=True)
    def _unapplied(self, db: None) -> Iterator[None]:
        _check_migrations.cache_clear()
        MigrationRecorder(connection).record_unapplied(*NEWEST)
        yield
        _check_migrations.cache_clear()

    def test_ready_names_unapplied_migrations(self, client: Client) -> None:
        response = client.get("/health/ready/")
        assert (response.status_code, response.json()["checks"]) == (
            503,
            OK | {"database": "not_migrated"},
        )
        assert response.json()["detail"] == "Not ready: database is not migrated."

    def test_applied_migrations_are_ready(self, client: Client) -> None:
        client.get("/health/ready/")
        MigrationRecorder(connection).record_applied(*NEWEST)
        assert client.get("/health/ready/").status_code == 200

    def test_later_probes_do_not_read_migrations(
        self, client: Client, django_assert_num_queries: Any
    ) -> None:
        MigrationRecorder(connection).record_applied(*NEWEST)
        client.get("/health/ready/")
        with django_assert_num_queries(1):
            client.get("/health/ready/")


@pytest.mark.real
def test_real_run_uses_real_servers() -> None:
    assert connection.vendor == "postgresql"
    assert type(caches["default"]).__name__ == "ForgivingRedisCache"
    assert settings.CELERY_BROKER_URL.startswith("amqp://")


def test_vendor_fits_the_run() -> None:
    assert connection.vendor == ("postgresql" if IS_REAL else "sqlite")
