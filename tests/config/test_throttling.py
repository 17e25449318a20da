"""How often one client may ask."""

import pytest
from django.test import override_settings
from rest_framework.settings import api_settings

from accounts.models import User
from tests.client import Api, refusal
from tests.conftest import dead_redis


@pytest.fixture
def rates(monkeypatch: pytest.MonkeyPatch) -> dict[str, str | None]:
    """The rates in force, all off; a test turns on what it is about."""
    rates: dict[str, str | None] = dict.fromkeys(api_settings.DEFAULT_THROTTLE_RATES)
    monkeypatch.setattr(api_settings, "DEFAULT_THROTTLE_RATES", rates)
    return rates


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("scope", "path"), [("login", "/login/"), ("register", "/register/"), ("anon", "/login/")]
)
def test_stranger_is_slowed_down(
    as_nobody: Api, rates: dict[str, str | None], scope: str, path: str
) -> None:
    rates[scope] = "2/hour"
    for _ in range(2):
        as_nobody.post(path, expect=400)
    response = as_nobody.client.post(f"/api{path}", {})
    assert response.status_code == 429
    assert refusal(response.json()) == ("throttled",)
    assert 0 < int(response.headers["Retry-After"]) <= 3600


def test_answering_has_a_rate_of_its_own(as_ada: Api, rates: dict[str, str | None]) -> None:
    rates["rsvp"] = "1/hour"
    as_ada.post("/events/1/rsvp/", {"status": "going"}, expect=404)
    as_ada.post("/events/1/cancel/", expect=429)
    as_ada.get("/events/1/rsvp/", expect=404)


def test_people_have_buckets_of_their_own(
    as_ada: Api, as_sam: Api, rates: dict[str, str | None]
) -> None:
    rates["user"] = "1/hour"
    as_ada.get("/events/")
    as_ada.get("/events/", expect=429)
    as_sam.get("/events/")


@pytest.mark.django_db
def test_forwarded_header_moves_nobody_to_another_bucket(rates: dict[str, str | None]) -> None:
    rates["login"] = "1/hour"
    Api(HTTP_X_FORWARDED_FOR="1.1.1.1").post("/login/", expect=400)
    Api(HTTP_X_FORWARDED_FOR="2.2.2.2").post("/login/", expect=429)


def test_limits_are_off_where_they_are_turned_off(ada: User) -> None:
    assert set(api_settings.DEFAULT_THROTTLE_RATES.values()) == {None}


def test_dead_cache_lets_requests_through(
    as_ada: Api, rates: dict[str, str | None], nowhere: str
) -> None:
    rates["user"] = "1/hour"
    with override_settings(CACHES=dead_redis(nowhere)):
        for _ in range(3):
            as_ada.get("/events/")
