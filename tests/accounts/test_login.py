"""The first step of a login: username and password."""

import json
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.services.lifecycle import deactivate
from tests.accounts.login import (
    Factor,
    bearer,
    begin_login,
    finish_login,
    is_over,
    send_hostile,
    send_raw,
    sign_in,
    turn_on_totp,
)
from tests.client import Api, refusal
from tests.conftest import dead_redis
from tests.factories import PASSWORD

RIGHT = {"username": "ada", "password": PASSWORD}
WRONG = {"username": "ada", "password": "wrong"}


@pytest.fixture
def limits_on(settings: Settings) -> None:
    settings.RATE_LIMITS = True


class TestPassword:
    def test_login_returns_two_tokens_and_nothing_else(self, as_nobody: Api, ada: User) -> None:
        assert sorted(as_nobody.post("/login/", RIGHT, expect=200)) == ["access", "refresh"]

    @pytest.mark.parametrize("name", ["user_id", "is_staff", "session_token", "next"])
    def test_unknown_field_is_refused(self, as_nobody: Api, ada: User, name: str) -> None:
        problem = as_nobody.post("/login/", RIGHT | {name: "x"}, expect=400)
        assert refusal(problem) == ((name, "unknown_field"),)

    @pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer", "Basic YWRhOng=", "x" * 9000])
    def test_stale_header_is_ignored(self, ada: User, header: str) -> None:
        Api(HTTP_AUTHORIZATION=header).post("/login/", RIGHT, expect=200)

    def test_revoked_bearer_is_ignored(self, ada: User) -> None:
        old = sign_in()
        bearer(old["access"]).post("/logout/", expect=204)
        bearer(old["access"]).post("/login/", RIGHT, expect=200)

    def test_session_cookie_and_header_of_the_engine_are_ignored(self, ada: User) -> None:
        """allauth's own API would accept them."""
        sign_in()
        key = UserSession.objects.get().session_key
        api = Api(HTTP_X_SESSION_TOKEN=key, HTTP_COOKIE=f"sessionid={key}")
        api.get("/users/profile/", expect=401)
        assert refusal(api.post("/login/", WRONG, expect=401)) == ("invalid_credentials",)

    @pytest.mark.parametrize("field", ["username", "password"])
    def test_hostile_values_are_refused(self, as_nobody: Api, ada: User, field: str) -> None:
        send_hostile(as_nobody, "/login/", RIGHT, field)

    @pytest.mark.parametrize("body", ["", "null", "[]", '"x"', "5", "{", '{"username": NaN}'])
    def test_body_that_is_no_object_is_refused(self, as_nobody: Api, body: str) -> None:
        assert send_raw(as_nobody, "/login/", body).status_code == 400

    @pytest.mark.parametrize("password", [PASSWORD.upper(), PASSWORD.replace(" ", "  "), "x"])
    def test_password_must_be_exact(self, as_nobody: Api, ada: User, password: str) -> None:
        problem = as_nobody.post("/login/", RIGHT | {"password": password}, expect=401)
        assert refusal(problem) == ("invalid_credentials",)

    def test_person_without_a_password_cannot_log_in(self, as_nobody: Api, ada: User) -> None:
        ada.set_unusable_password()
        ada.save()
        for password in ("!", ada.password, "x"):
            body = {"username": "ada", "password": password}
            assert refusal(as_nobody.post("/login/", body, expect=401)) == ("invalid_credentials",)

    def test_inactive_user_gets_the_error_of_a_stranger(self, as_nobody: Api, ada: User) -> None:
        deactivate(user=ada)
        right = as_nobody.post("/login/", RIGHT, expect=401)
        assert right == as_nobody.post("/login/", RIGHT | {"username": "bob"}, expect=401)
        assert not UserSession.objects.exists()

    @pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
    def test_login_is_for_post_only(self, as_nobody: Api, method: str) -> None:
        assert getattr(as_nobody.client, method)("/api/login/").status_code == 405

    def test_refused_login_leaves_no_session(self, as_nobody: Api, ada: User) -> None:
        as_nobody.post("/login/", WRONG, expect=401)
        assert not UserSession.objects.exists()

    def test_form_that_is_no_json_is_415(self, as_nobody: Api, ada: User) -> None:
        response = as_nobody.client.post("/api/login/", RIGHT, format="multipart")
        assert response.status_code == 415


@pytest.mark.usefixtures("limits_on")
class TestGuesses:
    def guess(self, times: int, ip: str = "192.0.2.1", **body: str) -> list[int]:
        api = Api(REMOTE_ADDR=ip)
        return [api.client.post("/api/login/", WRONG | body).status_code for _ in range(times)]

    def test_right_password_is_refused_after_twenty_wrong_ones(self, ada: User) -> None:
        assert self.guess(20) == [401] * 20
        response = Api(REMOTE_ADDR="192.0.2.1").client.post("/api/login/", RIGHT)
        assert (response.status_code, refusal(response.json())) == (429, ("throttled",))
        assert 0 < int(response.headers["Retry-After"]) <= 15 * 60

    def test_guesses_from_another_address_lock_no_user_out(self, ada: User) -> None:
        self.guess(21)
        Api(REMOTE_ADDR="198.51.100.7").post("/login/", RIGHT, expect=200)

    def test_guesses_from_everywhere_end_at_two_hundred(self, ada: User) -> None:
        for number in range(10):
            assert self.guess(20, ip=f"192.0.2.{number}") == [401] * 20
        assert self.guess(1, ip="198.51.100.7") == [429]

    def test_address_of_the_account_opens_no_second_count(self, ada: User) -> None:
        assert self.guess(20, username="ada@example.com") == [401] * 20
        assert self.guess(1) == [429]

    def test_guesses_are_open_again_after_a_quarter_of_an_hour(
        self, ada: User, time_machine: Any
    ) -> None:
        self.guess(20)
        time_machine.move_to(timezone.now() + timedelta(seconds=15 * 60 + 1))
        sign_in()

    def test_another_account_is_not_locked_with_it(self, ada: User, sam: User) -> None:
        self.guess(20)
        sign_in("sam")

    def test_unknown_name_is_limited_like_a_known_one(self, db: None) -> None:
        assert self.guess(21, username="nobody") == [401] * 20 + [429]

    def test_case_and_blanks_of_the_name_open_no_second_count(self, ada: User) -> None:
        assert self.guess(10) + self.guess(10, username=" ADA ") == [401] * 20
        assert self.guess(1, username="Ada") == [429]

    def test_successful_logins_are_not_limited(self, ada: User) -> None:
        for _ in range(25):
            sign_in()

    def test_successful_login_keeps_the_count_of_wrong_ones(self, ada: User) -> None:
        self.guess(19)
        sign_in()
        assert self.guess(2) == [401, 429]

    def test_guesses_are_counted_with_redis_away(
        self, ada: User, settings: Settings, nowhere: str
    ) -> None:
        settings.CACHES = dead_redis(nowhere)
        assert self.guess(21) == [401] * 20 + [429]

    def test_session_that_was_open_before_continues(self, ada: User) -> None:
        tokens = sign_in()
        self.guess(21)
        assert not is_over(tokens)


class TestSecondStep:
    def test_password_alone_returns_the_pending_factor(
        self, as_nobody: Api, factor: Factor
    ) -> None:
        response = as_nobody.post("/login/", RIGHT, expect=202)
        assert sorted(response) == ["code", "session_token", "types"]
        assert (response["code"], response["types"]) == ("mfa_required", ["recovery_codes", "totp"])

    def test_wrong_password_does_not_reveal_the_second_factor(
        self, as_nobody: Api, factor: Factor
    ) -> None:
        assert as_nobody.post("/login/", WRONG, expect=401) == as_nobody.post(
            "/login/", WRONG | {"username": "nobody"}, expect=401
        )

    def test_code_finishes_the_login(self, factor: Factor) -> None:
        tokens = finish_login(begin_login(), factor.code(1))
        assert sorted(tokens) == ["access", "refresh"]
        assert not is_over(tokens)

    def test_code_may_be_typed_with_blanks_and_dashes(self, factor: Factor) -> None:
        code = factor.code(1)
        finish_login(begin_login(), f" {code[:3]} {code[3:5]}-{code[5:]} ")

    def test_wrong_code_leaves_the_login_open(self, factor: Factor) -> None:
        token = begin_login()
        [wrong] = factor.wrong_codes(1)
        assert refusal(finish_login(token, wrong, expect=401)) == ("incorrect_code",)
        finish_login(token, factor.code(1))

    @pytest.mark.parametrize("field", ["session_token", "code"])
    def test_hostile_values_are_refused(self, factor: Factor, field: str) -> None:
        body = {"session_token": begin_login(), "code": factor.wrong_codes(1)[0]}
        send_hostile(Api(), "/login/2fa/", body, field)

    @pytest.mark.parametrize("code", ["１２３４５６", "12345é", "\u202e123456", "123\n456", "----"])
    def test_code_of_other_letters_is_refused(self, factor: Factor, code: str) -> None:
        body = {"session_token": begin_login(), "code": code}
        assert Api().client.post("/api/login/2fa/", body).status_code in (400, 401)

    def test_stale_bearer_is_ignored(self, factor: Factor) -> None:
        body = {"session_token": begin_login(), "code": factor.code(1)}
        bearer("nonsense").post("/login/2fa/", body, expect=200)

    def test_body_cannot_grant_rights(self, ada: User, factor: Factor) -> None:
        body = {"session_token": begin_login(), "code": factor.code(1)}
        problem = Api().post("/login/2fa/", body | {"username": "alma"}, expect=400)
        assert refusal(problem) == (("username", "unknown_field"),)
        tokens = Api().post("/login/2fa/", body | {"types": ["totp"]}, expect=200)
        assert bearer(tokens["access"]).get("/users/profile/")["id"] == ada.pk

    def test_second_factor_of_another_user_opens_nothing(self, factor: Factor, sam: User) -> None:
        sams = turn_on_totp(sam)
        problem = finish_login(begin_login(), sams.code(1), expect=401)
        assert refusal(problem) == ("incorrect_code",)
        assert json.dumps(problem).count(sams.secret) == 0

    def test_second_factor_turned_off_meanwhile_is_not_required(
        self, ada: User, factor: Factor
    ) -> None:
        token = begin_login()
        Authenticator.objects.filter(user=ada).delete()
        assert refusal(finish_login(token, factor.code(1), expect=401)) == ("incorrect_code",)
        sign_in()
