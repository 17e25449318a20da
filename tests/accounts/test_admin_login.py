"""The admin's login requires the second factor, like the API's."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from tests.accounts.login import (
    Factor,
    bearer,
    begin_login,
    finish_login,
    turn_on_totp,
)
from tests.client import refusal
from tests.factories import PASSWORD

pytestmark = pytest.mark.embedded  # what the pages show is tested on every database

RIGHT = {"username": "alma", "password": PASSWORD}
WRONG_TEXT = "Enter your name and password, and the code if you have a second factor."
TOO_OFTEN = "You tried this too often."


@pytest.fixture
def factor(alma: User) -> Factor:
    return turn_on_totp(alma)


def log_in(body: dict[str, Any], ip: str = "192.0.2.1") -> Any:
    client = Client(raise_request_exception=False, REMOTE_ADDR=ip)
    response = client.post("/admin/login/", body)
    is_in = client.get("/admin/").status_code == 200
    assert response.status_code == (302 if is_in else 200), response.content
    return response


def is_let_in(**more: Any) -> bool:
    return bool(log_in(RIGHT | more).status_code == 302)


def test_user_without_a_second_factor_needs_no_code(alma: User) -> None:
    assert is_let_in()
    assert is_let_in(code="")


def test_code_is_ignored_without_a_second_factor(alma: User) -> None:
    assert is_let_in(code="123456")


def test_page_has_a_field_for_the_code(client: Client, db: None) -> None:
    page = client.get("/admin/login/").content.decode()
    assert 'name="code"' in page and 'autocomplete="one-time-code"' in page


@pytest.mark.usefixtures("any_cache")
class TestCode:
    def test_password_alone_is_not_enough(self, factor: Factor) -> None:
        response = log_in(RIGHT)
        assert WRONG_TEXT in response.content.decode()

    def test_wrong_code_is_not_enough(self, factor: Factor) -> None:
        assert not is_let_in(code=factor.wrong_codes(1)[0])

    def test_right_code_logs_in(self, factor: Factor) -> None:
        assert is_let_in(code=factor.code(1))

    def test_code_may_be_typed_with_blanks(self, factor: Factor) -> None:
        code = factor.code(1)
        assert is_let_in(code=f" {code[:3]} {code[3:]} ")

    def test_right_code_with_a_wrong_password_is_not_enough(self, factor: Factor) -> None:
        assert not is_let_in(password="wrong", code=factor.code(1))
        assert is_let_in(code=factor.code(1))

    def test_recovery_code_logs_in_once(self, factor: Factor) -> None:
        assert is_let_in(code=factor.recovery_codes[0])
        assert not is_let_in(code=factor.recovery_codes[0])

    def test_recovery_code_stays_used(self, factor: Factor, time_machine: Any) -> None:
        assert is_let_in(code=factor.recovery_codes[0])
        time_machine.move_to(timezone.now() + timedelta(days=1))
        assert not is_let_in(code=factor.recovery_codes[0])

    def test_code_works_once(self, factor: Factor) -> None:
        code = factor.code(1)
        assert is_let_in(code=code)
        assert not is_let_in(code=code)

    def test_code_of_the_api_does_not_work_here_again(self, factor: Factor) -> None:
        code = factor.code(1)
        finish_login(begin_login("alma"), code)
        assert not is_let_in(code=code)

    def test_code_of_this_page_does_not_work_in_the_api_again(self, factor: Factor) -> None:
        code = factor.code(1)
        assert is_let_in(code=code)
        problem = finish_login(begin_login("alma"), code, expect=401)
        assert refusal(problem) == ("incorrect_code",)


def test_passkey_alone_asks_for_a_recovery_code(alma: User) -> None:
    """The page can't use a passkey."""
    Authenticator.objects.create(user=alma, type=Authenticator.Type.WEBAUTHN, data={})
    codes = RecoveryCodes.activate(alma).generate_codes()
    assert not is_let_in()
    assert not is_let_in(code="123456")
    assert is_let_in(code=codes[0])


def test_recovery_codes_alone_are_no_second_factor(alma: User) -> None:
    RecoveryCodes.activate(alma)
    assert is_let_in()


@pytest.mark.parametrize("body", [{"username": "nobody"}, {"password": "wrong"}, {"code": "1"}])
def test_refusals_are_the_same(factor: Factor, body: dict[str, str]) -> None:
    assert WRONG_TEXT in log_in(RIGHT | body).content.decode()


def test_attendee_gets_the_error_of_a_stranger(ada: User) -> None:
    page = log_in({"username": "ada", "password": PASSWORD}).content.decode()
    assert WRONG_TEXT in page


@pytest.mark.parametrize("field", ["username", "password", "code"])
@pytest.mark.parametrize(
    "value", ["a\x00b", "x" * 10_000, "\u202e", "١٢٣٤٥٦", "１２３４５６", "'; --", "<script>", ""]
)
def test_hostile_values_do_not_crash(factor: Factor, field: str, value: str) -> None:
    response = log_in(RIGHT | {"code": "1"} | {field: value})
    assert response.status_code == 200
    assert "<script></" not in response.content.decode()


def test_bytes_that_are_no_text_do_not_crash(factor: Factor) -> None:
    client = Client(raise_request_exception=False)
    body = f"username=alma&password={PASSWORD}&code=%ED%A0%80%FF%00"
    form = "application/x-www-form-urlencoded"
    assert client.post("/admin/login/", body, content_type=form).status_code == 200


@pytest.mark.usefixtures("any_cache")
class TestGuesses:
    @pytest.fixture(autouse=True)
    def _limits_are_on(self, factor: Factor, settings: Settings) -> None:
        settings.RATE_LIMITS = True

    def test_five_wrong_codes_then_none_for_any_code(self, factor: Factor) -> None:
        for wrong in factor.wrong_codes(5):
            assert not is_let_in(code=wrong)
        for code in (factor.code(1), factor.recovery_codes[0]):
            page = log_in(RIGHT | {"code": code}, ip="198.51.100.7").content.decode()
            assert TOO_OFTEN in page

    def test_tries_count_with_those_of_the_api(self, factor: Factor) -> None:
        token = begin_login("alma")
        for wrong in factor.wrong_codes(5):
            finish_login(token, wrong, expect=401)
        page = log_in(RIGHT | {"code": factor.code(1)}, ip="127.0.0.1").content.decode()
        assert TOO_OFTEN in page

    def test_twenty_wrong_passwords_count_with_those_of_the_api(self, factor: Factor) -> None:
        api = Client(REMOTE_ADDR="192.0.2.1")
        for _ in range(20):
            api.post("/api/login/", {"username": "alma", "password": "wrong"}, "application/json")
        page = log_in(RIGHT | {"code": factor.code(1)}, ip="192.0.2.1").content.decode()
        assert TOO_OFTEN in page

    def test_twenty_tries_a_minute_from_one_address(self, factor: Factor) -> None:
        for number in range(20):
            log_in({"username": f"nobody{number}", "password": "x"})
        assert TOO_OFTEN in log_in(RIGHT | {"code": factor.code(1)}).content.decode()
        assert log_in(RIGHT | {"code": factor.code(1)}, ip="198.51.100.7").status_code == 302


def test_session_of_the_admin_is_no_session_of_the_api(alma: User) -> None:
    client = Client()
    client.post("/admin/login/", RIGHT)
    assert client.get("/api/users/profile/").status_code == 401
    key = client.cookies["sessionid"].value
    bearer(key).get("/users/profile/", expect=401)
