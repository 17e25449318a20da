"""A login that waits for its second factor can be finished once, and soon."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.allauth.tokens import seal_session
from accounts.models import User
from accounts.services.lifecycle import deactivate
from tests.accounts.login import (
    NEW_PASSWORD,
    Factor,
    bearer,
    begin_login,
    finish_login,
)
from tests.client import Api, refusal
from tests.factories import PASSWORD

pytestmark = pytest.mark.slow

OVER = ("login_expired", "log_in")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/users/profile/"),
        ("get", "/sessions/"),
        ("get", "/2fa/totp/"),
        ("delete", "/2fa/totp/"),
        ("post", "/2fa/recovery-codes/"),
        ("post", "/reauthenticate/"),
        ("post", "/password/change/"),
        ("post", "/email/change/"),
        ("post", "/passkeys/"),
        ("post", "/logout/"),
        ("get", "/events/"),
    ],
)
def test_pending_token_is_no_access_token(factor: Factor, method: str, path: str) -> None:
    token = begin_login()
    for headers in (
        {"HTTP_AUTHORIZATION": f"Bearer {token}"},
        {"HTTP_X_SESSION_TOKEN": token},
        {"HTTP_COOKIE": f"sessionid={token}"},
    ):
        response = getattr(Api(**headers).client, method)(f"/api{path}")
        assert response.status_code == 401


def test_pending_token_is_no_refresh_token(factor: Factor) -> None:
    problem = Api().post("/token/refresh/", {"refresh": begin_login()}, expect=401)
    assert refusal(problem) == ("token_not_valid",)


def test_pending_token_is_no_key_of_a_mail(factor: Factor) -> None:
    token = begin_login()
    problem = Api().post("/email/verify/", {"key": token}, expect=400)
    assert refusal(problem) == (("key", "invalid_key"),)
    body = {"key": token, "password": NEW_PASSWORD}
    problem = Api().post("/password/reset/confirm/", body, expect=400)
    assert refusal(problem) == (("key", "invalid_key"),)


def test_pending_login_is_no_session(factor: Factor) -> None:
    begin_login()
    assert not UserSession.objects.exists()


def test_pending_token_dies_after_use(factor: Factor) -> None:
    token = begin_login()
    finish_login(token, factor.code(1))
    for code in (factor.recovery_codes[0], factor.code(1)):
        assert refusal(finish_login(token, code, expect=401)) == OVER
    assert UserSession.objects.count() == 1


def test_pending_token_is_good_for_a_quarter_of_an_hour(factor: Factor, time_machine: Any) -> None:
    token = begin_login()
    time_machine.move_to(timezone.now() + timedelta(seconds=15 * 60 - 5))
    finish_login(token, factor.code())


def test_pending_token_is_dead_after_a_quarter_of_an_hour(
    factor: Factor, time_machine: Any
) -> None:
    token = begin_login()
    time_machine.move_to(timezone.now() + timedelta(seconds=15 * 60 + 2))
    assert refusal(finish_login(token, factor.code(), expect=401)) == OVER


def test_requesting_passkey_options_does_not_extend_the_login(
    factor: Factor, time_machine: Any
) -> None:
    """The response of that step has a token of its own."""
    token = begin_login()
    time_machine.move_to(timezone.now() + timedelta(seconds=10 * 60))
    response = Api().client.post("/api/login/passkey/", {"session_token": token})
    newer = response.json().get("session_token", token)
    time_machine.move_to(timezone.now() + timedelta(seconds=5 * 60 + 2))
    assert refusal(finish_login(newer, factor.code(), expect=401)) == OVER


def test_token_of_a_whole_session_is_refused_there(factor: Factor) -> None:
    """No response contains such a token; one that is encrypted by hand is refused too."""
    finish_login(begin_login(), factor.code(1))
    whole = seal_session(UserSession.objects.get().session_key)
    assert refusal(finish_login(whole, factor.recovery_codes[0], expect=401)) == OVER


@pytest.mark.parametrize(
    "token",
    ["nonsense", "gAAAAA==", "é", "..", "x" * 1000],
    ids=["word", "short", "not ascii", "dots", "long"],
)
def test_made_up_token_is_refused(db: None, token: str) -> None:
    assert refusal(finish_login(token, "123456", expect=401)) == OVER


def test_key_of_the_session_unsealed_is_refused(factor: Factor) -> None:
    begin_login()
    key = Session.objects.get().session_key
    assert refusal(finish_login(key, factor.code(1), expect=401)) == OVER


def test_altered_token_is_refused(factor: Factor) -> None:
    token = begin_login()
    for place in (10, len(token) // 2, len(token) - 6):
        other = "A" if token[place] != "A" else "B"
        altered = token[:place] + other + token[place + 1 :]
        assert refusal(finish_login(altered, factor.code(1), expect=401)) == OVER


def test_user_deactivated_meanwhile_cannot_log_in(ada: User, factor: Factor) -> None:
    token = begin_login()
    deactivate(user=ada)
    assert refusal(finish_login(token, factor.code(1), expect=401)) == OVER
    assert not UserSession.objects.exists()


def test_user_erased_meanwhile_cannot_log_in(ada: User, factor: Factor) -> None:
    token = begin_login()
    ada.delete()
    assert refusal(finish_login(token, factor.code(1), expect=401)) == OVER


def test_password_changed_meanwhile_ends_the_login(ada: User, factor: Factor) -> None:
    """The login began with the old password."""
    owner = bearer(finish_login(begin_login(), factor.recovery_codes[0])["access"])
    token = begin_login()
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    owner.post("/password/change/", body, expect=204)
    assert refusal(finish_login(token, factor.code(1), expect=401)) == OVER


def test_two_logins_of_one_person_are_apart(factor: Factor) -> None:
    first, second = begin_login(), begin_login()
    assert first != second
    finish_login(first, factor.code(1))
    finish_login(second, factor.recovery_codes[0])
    assert UserSession.objects.count() == 2
