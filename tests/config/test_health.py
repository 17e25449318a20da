"""Alive, and ready."""

import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import OperationalError, connection
from django.test import Client, override_settings

from tests.conftest import dead_redis
from tests.settings import IS_REAL

OK = {"database": "ok", "cache": "ok", "broker": "ok"}


def test_live_answers_without_anything(client: Client) -> None:
    assert client.get("/health/live/").json() == {"status": "ok"}


@pytest.mark.django_db
def test_ready_says_what_answers(client: Client) -> None:
    assert client.get("/health/ready/").json() == {"status": "ok", "checks": OK}


@pytest.mark.django_db
def test_probes_by_address_are_answered(client: Client) -> None:
    assert client.get("/health/ready/", headers={"host": "10.1.2.3"}).status_code == 200


@pytest.mark.django_db
def test_ready_names_a_dead_broker(client: Client, nowhere: str) -> None:
    with override_settings(CELERY_BROKER_URL=f"amqp://guest:guest@{nowhere}//"):
        response = client.get("/health/ready/")
    assert response.status_code == 503
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["checks"] == OK | {"broker": "down"}


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


@pytest.mark.real
def test_this_half_runs_on_real_servers() -> None:
    assert connection.vendor == "postgresql"
    assert type(caches["default"]).__name__ == "ForgivingRedisCache"
    assert settings.CELERY_BROKER_URL.startswith("amqp://")


def test_vendor_is_what_the_run_says() -> None:
    assert connection.vendor == ("postgresql" if IS_REAL else "sqlite")
