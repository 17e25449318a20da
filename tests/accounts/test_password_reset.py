"""Reset a lost password."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.test import Client
from django.utils import timezone

from accounts.models import MailRequest, User
from accounts.services.lifecycle import deactivate
from notifications.models import Notification
from tests.accounts.login import (
    NEW_PASSWORD,
    WEAK_PASSWORDS,
    bearer,
    is_accepted,
    is_over,
    send_hostile,
    sign_in,
    turn_on_totp,
)
from tests.accounts.mailed import keys_mailed
from tests.client import Api, refusal
from tests.factories import PASSWORD

CHANGE, RESET, CONFIRM = "/password/change/", "/password/reset/", "/password/reset/confirm/"
BODY = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
WRONG_KEY = (("key", "invalid_key"),)


@pytest.fixture
def key(ada: User) -> str:
    """Return the key of a requested mail."""
    Api().post(RESET, {"email": "ada@example.com"}, expect=202)
    return keys_mailed("reset-password")[-1]


def confirm(key: str, password: str = NEW_PASSWORD, expect: int = 204) -> Any:
    return Api().post(CONFIRM, {"key": key, "password": password}, expect=expect)


class TestRequest:
    @pytest.mark.parametrize("email", ["ADA@Example.com", "nobody@example.com"])
    def test_response_is_the_same_for_every_address(self, ada: User, email: str) -> None:
        response = Api().client.post(f"/api{RESET}", {"email": email})
        assert (response.status_code, response.content) == (202, b"")

    @pytest.mark.parametrize(("email", "mails"), [("ADA@Example.com", 1), ("x@example.com", 0)])
    def test_mail_goes_to_the_account_with_the_address(
        self, ada: User, mailoutbox: list[Any], email: str, mails: int
    ) -> None:
        Api().post(RESET, {"email": email}, expect=202)
        assert len(keys_mailed("reset-password")) == mails
        assert not MailRequest.objects.exists()

    def test_inactive_person_gets_no_mail(self, ada: User) -> None:
        deactivate(user=ada)
        Api().post(RESET, {"email": ada.email}, expect=202)
        assert keys_mailed("reset-password") == []

    def test_three_mails_an_hour_at_most(self, ada: User, time_machine: Any, settings: Any) -> None:
        settings.RATE_LIMITS = True
        now = timezone.now()
        for minute in range(15):
            time_machine.move_to(now + timedelta(minutes=minute))
            Api().post(RESET, {"email": ada.email}, expect=202)
            mailed = keys_mailed("reset-password")
        assert len(mailed) == 3

    def test_hostile_values_are_refused(self, as_nobody: Api) -> None:
        send_hostile(as_nobody, RESET, {"email": "ada@example.com"}, "email")
        assert not MailRequest.objects.exists()

    def test_stale_bearer_is_ignored(self, ada: User) -> None:
        bearer("nonsense").post(RESET, {"email": ada.email}, expect=202)

    def test_request_ends_no_session(self, ada: User) -> None:
        tokens = sign_in()
        Api().post(RESET, {"email": ada.email}, expect=202)
        assert not is_over(tokens)


class TestReset:
    def test_new_password_works(self, key: str) -> None:
        confirm(key)
        sign_in(password=NEW_PASSWORD)
        Api().post("/login/", {"username": "ada", "password": PASSWORD}, expect=401)

    def test_every_session_ends(self, key: str) -> None:
        sessions = [sign_in(), sign_in()]
        confirm(key)
        assert [is_over(tokens) for tokens in sessions] == [True, True]
        assert not UserSession.objects.exists()

    def test_login_leaves_the_key_as_it_is(self, key: str) -> None:
        """A login after each mail, three an hour, kept the owner out of a stolen account."""
        sign_in()
        confirm(key)

    def test_address_that_waits_leaves_the_key_as_it_is(self, key: str, ada: User) -> None:
        EmailAddress.objects.create(user=ada, email="thief@example.org", primary=False)
        confirm(key)

    def test_cookie_of_the_admin_ends(self, admin_cookie: Client) -> None:
        Api().post(RESET, {"email": "alma@example.com"}, expect=202)
        confirm(keys_mailed("reset-password")[-1])
        assert admin_cookie.get("/admin/").status_code == 302

    def test_it_does_not_log_in(self, key: str) -> None:
        response = Api().client.post(f"/api{CONFIRM}", {"key": key, "password": NEW_PASSWORD})
        assert (response.status_code, response.content, response.cookies) == (204, b"", {})
        assert not UserSession.objects.exists()

    def test_address_is_verified_by_it(self, key: str, ada: User) -> None:
        confirm(key)
        assert EmailAddress.objects.get(user=ada).verified is True

    def test_key_works_once(self, key: str) -> None:
        confirm(key)
        assert refusal(confirm(key, "a third fine password", expect=400)) == WRONG_KEY
        sign_in(password=NEW_PASSWORD)

    def test_key_lives_an_hour(self, key: str, time_machine: Any) -> None:
        time_machine.move_to(timezone.now() + timedelta(minutes=59))
        confirm(key)

    def test_key_is_dead_after_an_hour(self, key: str, time_machine: Any) -> None:
        time_machine.move_to(timezone.now() + timedelta(minutes=61))
        assert refusal(confirm(key, expect=400)) == WRONG_KEY

    def test_key_dies_with_a_change_of_address(self, key: str, ada: User) -> None:
        EmailAddress.objects.filter(user=ada).update(email="new@example.com")
        User.objects.filter(pk=ada.pk).update(email="new@example.com")
        assert refusal(confirm(key, expect=400)) == WRONG_KEY

    def test_key_of_an_inactive_user_is_refused(self, key: str, ada: User) -> None:
        deactivate(user=ada)
        assert refusal(confirm(key, expect=400)) == WRONG_KEY
        ada.refresh_from_db()
        assert ada.check_password(PASSWORD)

    def test_key_of_another_user_is_refused(self, key: str, sam: User) -> None:
        Api().post(RESET, {"email": "sam@example.com"}, expect=202)
        sams = keys_mailed("reset-password")[-1]
        mixed = f"{sams.partition('-')[0]}-{key.partition('-')[2]}"
        assert refusal(confirm(mixed, expect=400)) == WRONG_KEY

    @pytest.mark.parametrize(
        "key", ["x", "-", "1-", "-x", "1-x-y", "zzzzzzzzzzzzz-x", "z" * 400, "٣-x", "../1-x"]
    )
    def test_made_up_key_is_refused(self, ada: User, key: str) -> None:
        assert refusal(confirm(key, expect=400)) == WRONG_KEY

    @pytest.mark.parametrize(("password", "code"), WEAK_PASSWORDS)
    def test_weak_password_is_refused_and_leaves_the_key(
        self, key: str, password: str, code: str
    ) -> None:
        assert refusal(confirm(key, password, expect=400)) == (("password", code),)
        confirm(key)

    def test_outer_blanks_are_refused(self, key: str) -> None:
        problem = confirm(key, f" {NEW_PASSWORD} ", expect=400)
        assert refusal(problem) == (("password", "password_outer_blanks"),)

    @pytest.mark.parametrize("field", ["key", "password"])
    def test_hostile_values_are_refused(self, key: str, field: str) -> None:
        send_hostile(Api(), CONFIRM, {"key": "1-x", "password": NEW_PASSWORD}, field)

    def test_second_factor_is_still_required(self, ada: User) -> None:
        turn_on_totp(ada)
        Api().post(RESET, {"email": "ada@example.com"}, expect=202)
        confirm(keys_mailed("reset-password")[-1])
        body = {"username": "ada", "password": NEW_PASSWORD}
        assert Api().post("/login/", body, expect=202)["code"] == "mfa_required"

    def test_person_without_a_password_gets_one(self, ada: User) -> None:
        ada.set_unusable_password()
        ada.save()
        Api().post(RESET, {"email": "ada@example.com"}, expect=202)
        confirm(keys_mailed("reset-password")[-1])
        assert is_accepted(sign_in(password=NEW_PASSWORD)["access"])

    def test_user_gets_a_mail(self, key: str, ada: User) -> None:
        confirm(key)
        notices = Notification.objects.filter(user=ada, kind="account_security")
        assert [notice.context["what"] for notice in notices] == ["password_reset"]

    def test_key_dies_with_a_change_of_the_password(self, as_ada: Api, key: str) -> None:
        as_ada.post(CHANGE, BODY, expect=204)
        assert refusal(confirm(key, "a third fine password", expect=400)) == WRONG_KEY
