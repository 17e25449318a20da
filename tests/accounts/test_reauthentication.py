"""Reauthenticate: confirm the identity of a signed-in user."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from tests.accounts.login import (
    NEW_PASSWORD,
    bearer,
    begin_login,
    finish_login,
    reauthenticate,
    sign_in,
    turn_on_totp,
    verify,
)
from tests.client import Api, refusal
from tests.conftest import dead_redis
from tests.factories import PASSWORD

PATH = "/reauthenticate/"
WANTED = ("reauthentication_required", "reauthenticate")


def is_reauthenticated(api: Api) -> bool:
    """Turning off a factor that is off changes nothing."""
    return bool(api.client.delete("/api/2fa/totp/").status_code == 204)


def test_password_reauthenticates_for_five_minutes(as_ada: Api, time_machine: Any) -> None:
    assert not is_reauthenticated(as_ada)
    reauthenticate(as_ada)
    time_machine.move_to(timezone.now() + timedelta(minutes=4, seconds=55))
    assert is_reauthenticated(as_ada)
    time_machine.move_to(timezone.now() + timedelta(seconds=10))
    assert not is_reauthenticated(as_ada)


def test_wrong_password_does_not_reauthenticate(as_ada: Api) -> None:
    problem = as_ada.post(PATH, {"password": "wrong"}, expect=400)
    assert refusal(problem) == (("password", "incorrect_password"),)
    assert not is_reauthenticated(as_ada)


def test_wrong_password_ends_no_reauthentication(as_ada: Api) -> None:
    reauthenticate(as_ada)
    as_ada.post(PATH, {"password": "wrong"}, expect=400)
    assert is_reauthenticated(as_ada)


def test_password_of_another_user_does_not_reauthenticate(as_ada: Api, sam: User) -> None:
    sam.set_password(NEW_PASSWORD)
    sam.save()
    as_ada.post(PATH, {"password": NEW_PASSWORD}, expect=400)


def test_reauthentication_is_valid_in_its_session_only(as_ada: Api, ada: User) -> None:
    reauthenticate(as_ada)
    assert not is_reauthenticated(bearer(sign_in()["access"]))


def test_reauthentication_lasts_after_a_refresh(ada: User) -> None:
    tokens = sign_in()
    reauthenticate(bearer(tokens["access"]))
    newer = Api().post("/token/refresh/", {"refresh": tokens["refresh"]}, expect=200)
    assert is_reauthenticated(bearer(newer["access"]))


def test_login_does_not_reauthenticate(as_ada: Api) -> None:
    assert not is_reauthenticated(as_ada)


def test_code_reauthenticates(ada: User) -> None:
    factor = turn_on_totp(ada)
    api = bearer(finish_login(begin_login(), factor.code(1))["access"])
    assert not is_reauthenticated(api)
    api.post(PATH, {"code": factor.recovery_codes[0]}, expect=204)
    assert api.delete("/2fa/totp/", expect=204) is None


def test_wrong_code_does_not_reauthenticate(ada: User) -> None:
    factor = turn_on_totp(ada)
    api = bearer(finish_login(begin_login(), factor.code(1))["access"])
    problem = api.post(PATH, {"code": factor.wrong_codes(1)[0]}, expect=400)
    assert refusal(problem) == (("code", "incorrect_code"),)


def test_code_without_a_second_factor_does_not_reauthenticate(as_ada: Api) -> None:
    problem = as_ada.post(PATH, {"code": "123456"}, expect=400)
    assert refusal(problem) == (("code", "incorrect_code"),)


@pytest.mark.parametrize("body", [{}, {"password": PASSWORD, "code": "123456"}])
def test_exactly_one_proof_is_required(as_ada: Api, body: dict[str, str]) -> None:
    assert refusal(as_ada.post(PATH, body, expect=400)) == (("password", "one_proof"),)


@pytest.mark.parametrize("code", ["x" * 33, "12345é", "1\n2", "１２３４５６", "'; --"])
def test_code_of_other_shape_is_refused(as_ada: Api, code: str) -> None:
    assert refusal(as_ada.post(PATH, {"code": code}, expect=400)) == (("code", "invalid"),)


@pytest.mark.parametrize("value", ["a\x00b", "x" * 10_000, [], {}, None, True, ""])
@pytest.mark.parametrize("field", ["password", "code", "provider"])
def test_hostile_values_are_refused(as_ada: Api, field: str, value: Any) -> None:
    as_ada.post(PATH, {field: value}, expect=400)
    assert not is_reauthenticated(as_ada)


def test_anonymous_request_is_401(as_nobody: Api, ada: User) -> None:
    problem = as_nobody.post(PATH, {"password": PASSWORD}, expect=401)
    assert refusal(problem) == ("not_authenticated",)


@pytest.mark.parametrize("is_redis_away", [False, True])
def test_right_password_is_refused_after_twenty_wrong_ones(
    as_ada: Api, settings: Settings, nowhere: str, is_redis_away: bool
) -> None:
    settings.RATE_LIMITS = True
    if is_redis_away:
        settings.CACHES = dead_redis(nowhere)
    for _ in range(20):
        as_ada.post(PATH, {"password": "wrong"}, expect=400)
    response = as_ada.client.post(f"/api{PATH}", {"password": PASSWORD})
    assert (response.status_code, refusal(response.json())) == (429, ("throttled",))
    assert 0 < int(response.headers["Retry-After"]) <= 15 * 60


def test_user_without_a_password_cannot_reauthenticate_by_one(as_ada: Api, ada: User) -> None:
    ada.set_unusable_password()
    ada.save()
    for password in (PASSWORD, ada.password, "!"):
        response = as_ada.client.post(f"/api{PATH}", {"password": password})
        assert response.status_code in (400, 401)
    assert not is_reauthenticated(as_ada)


def test_changed_password_ends_reauthentication_of_others(as_ada: Api, ada: User) -> None:
    verify(ada)
    reauthenticate(as_ada)
    other = bearer(sign_in()["access"])
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    other.post("/password/change/", body, expect=204)
    as_ada.post(PATH, {"password": NEW_PASSWORD}, expect=401)
