"""The second factor: turning it on and off, its codes, and its recovery codes."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from notifications.models import Notification
from tests.accounts.ways import (
    Factor,
    bearer,
    begin_login,
    finish_login,
    prove,
    prove_by_code,
    send_hostile,
    sign_in,
    turn_on_totp,
)
from tests.client import Api, refusal
from tests.factories import unverify

pytestmark = pytest.mark.slow

TOTP, RECOVERY = "/2fa/totp/", "/2fa/recovery-codes/"
SECRETS = ("secret", "otpauth_url", "qr_svg")
PROOF_WANTED = ("reauthentication_required", "reauthenticate")


class TestTurningOn:
    def test_secret_comes_in_three_shapes(self, as_proven: Api) -> None:
        answer = as_proven.get(TOTP)
        assert sorted(answer) == ["enabled", "otpauth_url", "qr_svg", "secret"]
        assert answer["enabled"] is False
        assert f"secret={answer['secret']}" in answer["otpauth_url"]
        assert "<svg" in answer["qr_svg"]

    def test_nothing_is_on_before_a_code_proved_it(self, as_proven: Api) -> None:
        as_proven.get(TOTP)
        assert not Authenticator.objects.exists()
        sign_in()

    def test_right_code_turns_it_on_with_ten_recovery_codes(self, as_proven: Api) -> None:
        code = Factor(as_proven.get(TOTP)["secret"], []).code()
        codes = as_proven.post(TOTP, {"code": code})["recovery_codes"]
        assert len(set(codes)) == 10
        assert as_proven.get(TOTP) == {"enabled": True} | dict.fromkeys(SECRETS)
        assert as_proven.get(RECOVERY) == {"left": 10, "total": 10}
        begin_login()

    def test_wrong_code_turns_nothing_on(self, as_proven: Api) -> None:
        [wrong] = Factor(as_proven.get(TOTP)["secret"], []).wrong_codes(1)
        problem = as_proven.post(TOTP, {"code": wrong}, expect=400)
        assert refusal(problem) == (("code", "incorrect_code"),)
        sign_in()

    def test_secret_is_shown_to_nobody_without_a_proof(self, as_verified: Api) -> None:
        """A stolen access token read it, and later made the codes that the owner's app made."""
        shown = {"enabled": False} | dict.fromkeys(SECRETS)
        assert as_verified.get(TOTP) == shown
        prove(as_verified)
        assert None not in as_verified.get(TOTP).values()

    def test_secret_is_hidden_again_five_minutes_after_the_proof(
        self, as_proven: Api, time_machine: Any
    ) -> None:
        as_proven.get(TOTP)
        time_machine.move_to(timezone.now() + timedelta(minutes=5, seconds=1))
        assert as_proven.get(TOTP)["secret"] is None

    def test_secret_is_a_new_one_each_time_and_the_latest_counts(self, as_proven: Api) -> None:
        first, second = (Factor(as_proven.get(TOTP)["secret"], []) for _ in range(2))
        assert first.secret != second.secret
        problem = as_proven.post(TOTP, {"code": first.code()}, expect=400)
        assert refusal(problem) == (("code", "incorrect_code"),)
        as_proven.post(TOTP, {"code": second.code()})

    def test_asking_without_a_proof_makes_no_new_secret(
        self, as_proven: Api, time_machine: Any
    ) -> None:
        app = Factor(as_proven.get(TOTP)["secret"], [])
        time_machine.move_to(timezone.now() + timedelta(minutes=6))
        as_proven.get(TOTP)
        prove(as_proven)
        as_proven.post(TOTP, {"code": app.code()})

    def test_secret_is_a_new_one_after_it_was_turned_off(self, as_proven: Api) -> None:
        first = as_proven.get(TOTP)["secret"]
        as_proven.post(TOTP, {"code": Factor(first, []).code()})
        as_proven.delete(TOTP)
        assert as_proven.get(TOTP)["secret"] != first

    def test_code_without_having_asked_for_a_secret_is_refused(self, as_proven: Api) -> None:
        problem = as_proven.post(TOTP, {"code": "123456"}, expect=400)
        assert refusal(problem) == (("code", "incorrect_code"),)

    def test_secret_of_one_session_is_not_that_of_another(self, as_proven: Api, ada: User) -> None:
        other = bearer(sign_in()["access"])
        prove(other)
        other.get(TOTP)
        code = Factor(as_proven.get(TOTP)["secret"], []).code()
        other.post(TOTP, {"code": code}, expect=400)

    def test_it_wants_a_fresh_proof(self, as_proven: Api, time_machine: Any) -> None:
        app = Factor(as_proven.get(TOTP)["secret"], [])
        time_machine.move_to(timezone.now() + timedelta(minutes=6))
        assert refusal(as_proven.post(TOTP, {"code": app.code()}, expect=403)) == PROOF_WANTED
        assert not Authenticator.objects.exists()

    def test_proof_of_more_than_five_minutes_ago_is_none(
        self, as_proven: Api, time_machine: Any
    ) -> None:
        time_machine.move_to(timezone.now() + timedelta(minutes=5, seconds=1))
        assert refusal(as_proven.post(TOTP, {"code": "123456"}, expect=403)) == PROOF_WANTED

    def test_unverified_address_is_a_refusal(self, as_ada: Api, ada: User) -> None:
        unverify(ada)
        wanted = ("email_not_verified", "verify_email")
        assert refusal(as_ada.get(TOTP, expect=409)) == wanted
        prove(as_ada)
        assert refusal(as_ada.post(TOTP, {"code": "123456"}, expect=409)) == wanted

    def test_change_of_address_under_way_is_no_unverified_address(
        self, as_proven: Api, ada: User
    ) -> None:
        as_proven.post("/email/change/", {"email": "new@example.com"}, expect=202)
        code = Factor(as_proven.get(TOTP)["secret"], []).code()
        as_proven.post(TOTP, {"code": code})

    def test_turning_on_twice_is_a_refusal(self, as_owner: Api, factor: Factor) -> None:
        as_owner.post("/reauthenticate/", {"code": factor.code(1)}, expect=204)
        problem = as_owner.post(TOTP, {"code": factor.code()}, expect=409)
        assert refusal(problem) == ("second_factor_on",)

    def test_person_is_told(self, factor: Factor, ada: User) -> None:
        told = Notification.objects.filter(user=ada, kind="account_security")
        assert [each.context["what"] for each in told] == ["second_factor_on"]

    def test_hostile_code_is_refused(self, as_proven: Api) -> None:
        as_proven.get(TOTP)
        send_hostile(as_proven, TOTP, {"code": "123456"}, "code")

    @pytest.mark.parametrize("method", ["get", "post", "delete"])
    def test_without_a_token_nothing_happens(self, as_nobody: Api, method: str) -> None:
        for path in (TOTP, RECOVERY) if method != "delete" else (TOTP,):
            assert getattr(as_nobody.client, method)(f"/api{path}").status_code == 401

    def test_five_tries_then_none_whatever_the_code(
        self, as_proven: Api, settings: Settings
    ) -> None:
        settings.RATE_LIMITS = True
        app = Factor(as_proven.get(TOTP)["secret"], [])
        for wrong in app.wrong_codes(5):
            as_proven.post(TOTP, {"code": wrong}, expect=400)
        response = as_proven.client.post(f"/api{TOTP}", {"code": app.code()})
        assert (response.status_code, refusal(response.json())) == (429, ("throttled",))
        assert 0 < int(response.headers["Retry-After"]) <= 300


class TestTurningOff:
    def test_off_leaves_no_codes_behind(self, as_owner: Api, factor: Factor) -> None:
        prove_by_code(as_owner, factor.code(1))
        as_owner.delete(TOTP)
        assert not Authenticator.objects.exists()
        assert as_owner.get(TOTP)["enabled"] is False
        sign_in()

    def test_off_wants_a_fresh_proof(self, as_owner: Api) -> None:
        assert refusal(as_owner.delete(TOTP, expect=403)) == PROOF_WANTED
        begin_login()

    def test_login_is_no_proof(self, as_owner: Api, factor: Factor) -> None:
        api = bearer(finish_login(begin_login(), factor.code(1))["access"])
        assert refusal(api.delete(TOTP, expect=403)) == PROOF_WANTED

    def test_proof_of_one_session_is_none_for_another(self, as_owner: Api, factor: Factor) -> None:
        prove_by_code(as_owner, factor.recovery_codes[0])
        other = bearer(finish_login(begin_login(), factor.code(1))["access"])
        assert refusal(other.delete(TOTP, expect=403)) == PROOF_WANTED

    def test_off_while_it_is_off_is_no_error(self, as_proven: Api) -> None:
        as_proven.delete(TOTP)

    def test_new_secret_after_off_makes_the_old_one_worthless(
        self, as_owner: Api, factor: Factor, ada: User
    ) -> None:
        prove_by_code(as_owner, factor.recovery_codes[0])
        as_owner.delete(TOTP)
        newer = turn_on_totp(ada)
        finish_login(begin_login(), factor.code(1), expect=401)
        finish_login(begin_login(), newer.code(1))


class TestRecoveryCodes:
    def test_used_one_is_counted(self, as_owner: Api) -> None:
        assert as_owner.get(RECOVERY) == {"left": 9, "total": 10}

    def test_there_are_none_without_a_second_factor(self, as_proven: Api) -> None:
        assert as_proven.get(RECOVERY) == {"left": 0, "total": 0}
        problem = as_proven.post(RECOVERY, expect=409)
        assert refusal(problem) == ("second_factor_off", "turn_on_second_factor")

    def test_new_ones_end_the_old_ones(self, as_owner: Api, factor: Factor) -> None:
        prove_by_code(as_owner, factor.code(1))
        codes = as_owner.post(RECOVERY)["recovery_codes"]
        assert not set(codes) & set(factor.recovery_codes)
        finish_login(begin_login(), factor.recovery_codes[0], expect=401)
        finish_login(begin_login(), codes[0])

    def test_new_ones_want_a_fresh_proof(self, as_owner: Api, factor: Factor) -> None:
        assert refusal(as_owner.post(RECOVERY, expect=403)) == PROOF_WANTED
        finish_login(begin_login(), factor.recovery_codes[0])

    def test_nobody_reads_them_again(self, as_owner: Api, factor: Factor) -> None:
        prove_by_code(as_owner, factor.code(1))
        seen = str([as_owner.get(RECOVERY), as_owner.get(TOTP), as_owner.get("/users/profile/")])
        assert not [code for code in [*factor.recovery_codes, factor.secret] if code in seen]

    def test_unknown_body_is_refused(self, as_owner: Api, factor: Factor) -> None:
        prove_by_code(as_owner, factor.code(1))
        problem = as_owner.post(RECOVERY, {"count": 99}, expect=400)
        assert refusal(problem) == (("count", "unknown_field"),)


def test_second_factor_without_verified_addresses_left_still_guards(
    factor: Factor, ada: User
) -> None:
    EmailAddress.objects.filter(user=ada).update(verified=False)
    begin_login()
