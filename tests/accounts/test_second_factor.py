"""Turn the second factor on and off, and use its codes and recovery codes."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from notifications.models import Notification
from tests.accounts.login import (
    Factor,
    bearer,
    begin_login,
    finish_login,
    reauthenticate,
    reauthenticate_by_code,
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
    def test_secret_comes_in_three_shapes(self, as_confirmed: Api) -> None:
        response = as_confirmed.get(TOTP)
        assert sorted(response) == ["enabled", "otpauth_url", "qr_svg", "secret"]
        assert response["enabled"] is False
        assert f"secret={response['secret']}" in response["otpauth_url"]
        assert "<svg" in response["qr_svg"]

    def test_factor_is_off_until_a_code_is_sent(self, as_confirmed: Api) -> None:
        as_confirmed.get(TOTP)
        assert not Authenticator.objects.exists()
        sign_in()

    def test_right_code_turns_it_on_with_ten_recovery_codes(self, as_confirmed: Api) -> None:
        code = Factor(as_confirmed.get(TOTP)["secret"], []).code()
        codes = as_confirmed.post(TOTP, {"code": code})["recovery_codes"]
        assert len(set(codes)) == 10
        assert as_confirmed.get(TOTP) == {"enabled": True} | dict.fromkeys(SECRETS)
        assert as_confirmed.get(RECOVERY) == {"left": 10, "total": 10}
        begin_login()

    def test_wrong_code_turns_nothing_on(self, as_confirmed: Api) -> None:
        [wrong] = Factor(as_confirmed.get(TOTP)["secret"], []).wrong_codes(1)
        problem = as_confirmed.post(TOTP, {"code": wrong}, expect=400)
        assert refusal(problem) == (("code", "incorrect_code"),)
        sign_in()

    def test_secret_is_hidden_without_reauthentication(self, as_verified: Api) -> None:
        """A stolen access token could read it, and later make the codes of the owner's app."""
        shown = {"enabled": False} | dict.fromkeys(SECRETS)
        assert as_verified.get(TOTP) == shown
        reauthenticate(as_verified)
        assert None not in as_verified.get(TOTP).values()

    def test_secret_is_hidden_five_minutes_after_reauthentication(
        self, as_confirmed: Api, time_machine: Any
    ) -> None:
        as_confirmed.get(TOTP)
        time_machine.move_to(timezone.now() + timedelta(minutes=5, seconds=1))
        assert as_confirmed.get(TOTP)["secret"] is None

    def test_secret_is_a_new_one_each_time_and_the_latest_counts(self, as_confirmed: Api) -> None:
        first, second = (Factor(as_confirmed.get(TOTP)["secret"], []) for _ in range(2))
        assert first.secret != second.secret
        problem = as_confirmed.post(TOTP, {"code": first.code()}, expect=400)
        assert refusal(problem) == (("code", "incorrect_code"),)
        as_confirmed.post(TOTP, {"code": second.code()})

    def test_request_without_reauthentication_makes_no_new_secret(
        self, as_confirmed: Api, time_machine: Any
    ) -> None:
        app = Factor(as_confirmed.get(TOTP)["secret"], [])
        time_machine.move_to(timezone.now() + timedelta(minutes=6))
        as_confirmed.get(TOTP)
        reauthenticate(as_confirmed)
        as_confirmed.post(TOTP, {"code": app.code()})

    def test_secret_is_a_new_one_after_it_was_turned_off(self, as_confirmed: Api) -> None:
        first = as_confirmed.get(TOTP)["secret"]
        as_confirmed.post(TOTP, {"code": Factor(first, []).code()})
        as_confirmed.delete(TOTP)
        assert as_confirmed.get(TOTP)["secret"] != first

    def test_code_before_a_secret_was_requested_is_refused(self, as_confirmed: Api) -> None:
        problem = as_confirmed.post(TOTP, {"code": "123456"}, expect=400)
        assert refusal(problem) == (("code", "incorrect_code"),)

    def test_secret_of_one_session_is_not_that_of_another(
        self, as_confirmed: Api, ada: User
    ) -> None:
        other = bearer(sign_in()["access"])
        reauthenticate(other)
        other.get(TOTP)
        code = Factor(as_confirmed.get(TOTP)["secret"], []).code()
        other.post(TOTP, {"code": code}, expect=400)

    def test_turning_on_requires_reauthentication(
        self, as_confirmed: Api, time_machine: Any
    ) -> None:
        app = Factor(as_confirmed.get(TOTP)["secret"], [])
        time_machine.move_to(timezone.now() + timedelta(minutes=6))
        assert refusal(as_confirmed.post(TOTP, {"code": app.code()}, expect=403)) == PROOF_WANTED
        assert not Authenticator.objects.exists()

    def test_reauthentication_ends_after_five_minutes(
        self, as_confirmed: Api, time_machine: Any
    ) -> None:
        time_machine.move_to(timezone.now() + timedelta(minutes=5, seconds=1))
        assert refusal(as_confirmed.post(TOTP, {"code": "123456"}, expect=403)) == PROOF_WANTED

    def test_unverified_address_is_refused(self, as_ada: Api, ada: User) -> None:
        unverify(ada)
        wanted = ("email_not_verified", "verify_email")
        assert refusal(as_ada.get(TOTP, expect=409)) == wanted
        reauthenticate(as_ada)
        assert refusal(as_ada.post(TOTP, {"code": "123456"}, expect=409)) == wanted

    def test_change_of_address_in_progress_is_no_unverified_address(
        self, as_confirmed: Api, ada: User
    ) -> None:
        as_confirmed.post("/email/change/", {"email": "new@example.com"}, expect=202)
        code = Factor(as_confirmed.get(TOTP)["secret"], []).code()
        as_confirmed.post(TOTP, {"code": code})

    def test_turning_on_twice_is_refused(self, as_owner: Api, factor: Factor) -> None:
        as_owner.post("/reauthenticate/", {"code": factor.code(1)}, expect=204)
        problem = as_owner.post(TOTP, {"code": factor.code()}, expect=409)
        assert refusal(problem) == ("second_factor_on", "turn_off_second_factor")

    def test_user_gets_a_mail(self, factor: Factor, ada: User) -> None:
        notices = Notification.objects.filter(user=ada, kind="account_security")
        assert [notice.context["what"] for notice in notices] == ["second_factor_on"]

    def test_hostile_code_is_refused(self, as_confirmed: Api) -> None:
        as_confirmed.get(TOTP)
        send_hostile(as_confirmed, TOTP, {"code": "123456"}, "code")

    @pytest.mark.parametrize("method", ["get", "post", "delete"])
    def test_without_a_token_nothing_happens(self, as_nobody: Api, method: str) -> None:
        for path in (TOTP, RECOVERY) if method != "delete" else (TOTP,):
            assert getattr(as_nobody.client, method)(f"/api{path}").status_code == 401

    def test_five_tries_then_none_for_any_code(self, as_confirmed: Api, settings: Settings) -> None:
        settings.RATE_LIMITS = True
        app = Factor(as_confirmed.get(TOTP)["secret"], [])
        for wrong in app.wrong_codes(5):
            as_confirmed.post(TOTP, {"code": wrong}, expect=400)
        response = as_confirmed.client.post(f"/api{TOTP}", {"code": app.code()})
        assert (response.status_code, refusal(response.json())) == (429, ("throttled",))
        assert 0 < int(response.headers["Retry-After"]) <= 300


class TestTurningOff:
    def test_off_leaves_no_codes_behind(self, as_owner: Api, factor: Factor) -> None:
        reauthenticate_by_code(as_owner, factor.code(1))
        as_owner.delete(TOTP)
        assert not Authenticator.objects.exists()
        assert as_owner.get(TOTP)["enabled"] is False
        sign_in()

    def test_turning_off_requires_reauthentication(self, as_owner: Api) -> None:
        assert refusal(as_owner.delete(TOTP, expect=403)) == PROOF_WANTED
        begin_login()

    def test_login_does_not_reauthenticate(self, as_owner: Api, factor: Factor) -> None:
        api = bearer(finish_login(begin_login(), factor.code(1))["access"])
        assert refusal(api.delete(TOTP, expect=403)) == PROOF_WANTED

    def test_reauthentication_is_not_valid_in_another_session(
        self, as_owner: Api, factor: Factor
    ) -> None:
        reauthenticate_by_code(as_owner, factor.recovery_codes[0])
        other = bearer(finish_login(begin_login(), factor.code(1))["access"])
        assert refusal(other.delete(TOTP, expect=403)) == PROOF_WANTED

    def test_off_while_it_is_off_is_no_error(self, as_confirmed: Api) -> None:
        as_confirmed.delete(TOTP)

    def test_new_secret_after_turning_off_voids_the_old_one(
        self, as_owner: Api, factor: Factor, ada: User
    ) -> None:
        reauthenticate_by_code(as_owner, factor.recovery_codes[0])
        as_owner.delete(TOTP)
        newer = turn_on_totp(ada)
        finish_login(begin_login(), factor.code(1), expect=401)
        finish_login(begin_login(), newer.code(1))


class TestRecoveryCodes:
    def test_used_one_is_counted(self, as_owner: Api) -> None:
        assert as_owner.get(RECOVERY) == {"left": 9, "total": 10}

    def test_there_are_none_without_a_second_factor(self, as_confirmed: Api) -> None:
        assert as_confirmed.get(RECOVERY) == {"left": 0, "total": 0}
        problem = as_confirmed.post(RECOVERY, expect=409)
        assert refusal(problem) == ("second_factor_off", "turn_on_second_factor")

    def test_new_ones_end_the_old_ones(self, as_owner: Api, factor: Factor) -> None:
        reauthenticate_by_code(as_owner, factor.code(1))
        codes = as_owner.post(RECOVERY)["recovery_codes"]
        assert not set(codes) & set(factor.recovery_codes)
        finish_login(begin_login(), factor.recovery_codes[0], expect=401)
        finish_login(begin_login(), codes[0])

    def test_new_codes_require_reauthentication(self, as_owner: Api, factor: Factor) -> None:
        assert refusal(as_owner.post(RECOVERY, expect=403)) == PROOF_WANTED
        finish_login(begin_login(), factor.recovery_codes[0])

    def test_codes_are_not_shown_again(self, as_owner: Api, factor: Factor) -> None:
        reauthenticate_by_code(as_owner, factor.code(1))
        seen = str([as_owner.get(RECOVERY), as_owner.get(TOTP), as_owner.get("/users/profile/")])
        assert not [code for code in [*factor.recovery_codes, factor.secret] if code in seen]

    def test_unknown_body_is_refused(self, as_owner: Api, factor: Factor) -> None:
        reauthenticate_by_code(as_owner, factor.code(1))
        problem = as_owner.post(RECOVERY, {"count": 99}, expect=400)
        assert refusal(problem) == (("count", "unknown_field"),)


def test_second_factor_without_verified_addresses_left_still_guards(
    factor: Factor, ada: User
) -> None:
    EmailAddress.objects.filter(user=ada).update(verified=False)
    begin_login()
