"""Codes of a second factor work once, and attempts are limited."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from tests.accounts.login import (
    Factor,
    bearer,
    begin_login,
    finish_login,
    reauthenticate,
    turn_on_totp,
)
from tests.client import Api, refusal

pytestmark = [
    pytest.mark.embedded,
    pytest.mark.slow,
]  # its statements are the same on every database

TOTP, RECOVERY = "/2fa/totp/", "/2fa/recovery-codes/"
PROOF_WANTED = ("reauthentication_required", "reauthenticate")


@pytest.mark.usefixtures("any_cache")
class TestOnce:
    def test_code_of_the_app_works_once(self, factor: Factor) -> None:
        first, second, code = begin_login(), begin_login(), factor.code(1)
        finish_login(first, code)
        assert refusal(finish_login(second, code, expect=401)) == ("incorrect_code",)

    def test_code_works_once_however_it_is_typed(self, factor: Factor) -> None:
        code = factor.code(1)
        finish_login(begin_login(), code)
        for typed in (f"{code[:3]} {code[3:]}", f" {code} ", "-".join(code)):
            problem = finish_login(begin_login(), typed, expect=401)
            assert refusal(problem) == ("incorrect_code",)

    def test_code_of_a_login_does_not_reauthenticate_later(self, factor: Factor) -> None:
        code = factor.code(1)
        api = bearer(finish_login(begin_login(), code)["access"])
        problem = api.post("/reauthenticate/", {"code": code}, expect=400)
        assert refusal(problem) == (("code", "incorrect_code"),)

    def test_code_of_a_reauthentication_does_not_log_in_later(
        self, as_owner: Api, factor: Factor
    ) -> None:
        code = factor.code(1)
        as_owner.post("/reauthenticate/", {"code": code}, expect=204)
        assert refusal(finish_login(begin_login(), code, expect=401)) == ("incorrect_code",)

    def test_code_that_turned_it_on_is_good_for_the_login_right_after(
        self, as_confirmed: Api
    ) -> None:
        """It confirmed a device and logged nobody in. The login uses it up."""
        code = Factor(as_confirmed.get(TOTP)["secret"], []).code()
        as_confirmed.post(TOTP, {"code": code})
        finish_login(begin_login(), code)
        assert refusal(finish_login(begin_login(), code, expect=401)) == ("incorrect_code",)

    def test_recovery_code_works_once(self, factor: Factor) -> None:
        code = factor.recovery_codes[0]
        finish_login(begin_login(), code)
        assert refusal(finish_login(begin_login(), code, expect=401)) == ("incorrect_code",)

    def test_recovery_code_stays_used_when_its_mark_has_lapsed(
        self, factor: Factor, time_machine: Any
    ) -> None:
        code = factor.recovery_codes[0]
        finish_login(begin_login(), code)
        time_machine.move_to(timezone.now() + timedelta(days=1))
        assert refusal(finish_login(begin_login(), code, expect=401)) == ("incorrect_code",)

    def test_code_of_the_step_before_works_and_of_two_before_does_not(
        self, factor: Factor, time_machine: Any
    ) -> None:
        now = timezone.now().replace(second=10, microsecond=0) + timedelta(minutes=2)
        time_machine.move_to(now, tick=False)
        token = begin_login()
        finish_login(token, factor.code(-2), expect=401)
        finish_login(token, factor.code(2), expect=401)
        finish_login(token, factor.code(-1))


@pytest.mark.usefixtures("any_cache")
class TestGuesses:
    @pytest.fixture(autouse=True)
    def _limits_are_on(self, factor: Factor, settings: Settings) -> None:
        settings.RATE_LIMITS = True

    def spend(self, factor: Factor, number: int) -> None:
        token = begin_login()
        for wrong in factor.wrong_codes(number):
            assert refusal(finish_login(token, wrong, expect=401)) == ("incorrect_code",)

    def test_five_wrong_codes_then_none_for_any_code(self, factor: Factor) -> None:
        self.spend(factor, 5)
        for code in (factor.code(1), factor.recovery_codes[0], factor.wrong_codes(6)[5]):
            assert refusal(finish_login(begin_login(), code, expect=429)) == ("throttled",)

    def test_refusal_has_the_waiting_time(self, factor: Factor) -> None:
        self.spend(factor, 5)
        body = {"session_token": begin_login(), "code": factor.code(1)}
        response = Api().client.post("/api/login/2fa/", body)
        assert response.status_code == 429
        assert 0 < int(response.headers["Retry-After"]) <= 300

    def test_new_login_adds_no_tries(self, factor: Factor) -> None:
        for wrong in factor.wrong_codes(5):
            finish_login(begin_login(), wrong, expect=401)
        finish_login(begin_login(), factor.code(1), expect=429)

    def test_same_wrong_code_again_is_a_try_too(self, factor: Factor) -> None:
        [wrong] = factor.wrong_codes(1)
        for _ in range(5):
            finish_login(begin_login(), wrong, expect=401)
        finish_login(begin_login(), factor.code(1), expect=429)

    def test_reauthentication_is_counted_by_session(self, factor: Factor) -> None:
        """A stolen token could keep the owner from logging in and from reauthenticating."""
        stolen = bearer(finish_login(begin_login(), factor.code(1))["access"])
        mine = bearer(finish_login(begin_login(), factor.recovery_codes[1])["access"])
        for wrong in factor.wrong_codes(5):
            stolen.post("/reauthenticate/", {"code": wrong}, expect=400)
        stolen.post("/reauthenticate/", {"code": factor.recovery_codes[0]}, expect=429)
        mine.post("/reauthenticate/", {"code": factor.recovery_codes[0]}, expect=204)
        finish_login(begin_login(), factor.recovery_codes[2])

    def test_wrong_codes_at_a_new_place_do_not_lock_a_known_one(self, factor: Factor) -> None:
        """Five wrong codes by an attacker with the password locked the owner out."""
        there = Api(REMOTE_ADDR="198.51.100.7")
        for wrong in factor.wrong_codes(5):
            there.post("/login/2fa/", {"session_token": begin_login(), "code": wrong}, expect=401)
        right = {"session_token": begin_login(), "code": factor.code(1)}
        there.post("/login/2fa/", right, expect=429)
        Api(REMOTE_ADDR="198.51.100.8").post("/login/2fa/", right, expect=429)
        Api().post("/login/2fa/", right, expect=200)

    def test_tries_are_open_again_after_five_minutes(
        self, factor: Factor, time_machine: Any
    ) -> None:
        self.spend(factor, 5)
        time_machine.move_to(timezone.now() + timedelta(minutes=5, seconds=1))
        finish_login(begin_login(), factor.code())

    def test_right_code_opens_all_tries_again(self, factor: Factor) -> None:
        self.spend(factor, 4)
        finish_login(begin_login(), factor.code(1))
        self.spend(factor, 4)

    def test_other_users_are_not_locked(self, factor: Factor, sam: User) -> None:
        self.spend(factor, 5)
        sams = turn_on_totp(sam)
        finish_login(begin_login("sam"), sams.code(1))

    def test_password_still_reauthenticates(self, factor: Factor) -> None:
        api = bearer(finish_login(begin_login(), factor.code(1))["access"])
        self.spend(factor, 5)
        reauthenticate(api)
