"""Changing one's password, and a new one for who has lost it."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import MailRequest, User
from accounts.services.lifecycle import deactivate
from notifications.models import Notification
from tests.accounts.mailed import keys_mailed
from tests.accounts.ways import (
    NEW_PASSWORD,
    bearer,
    is_over,
    send_hostile,
    sign_in,
    turn_on_totp,
    works,
)
from tests.client import Api, refusal
from tests.factories import PASSWORD

CHANGE, RESET, CONFIRM = "/password/change/", "/password/reset/", "/password/reset/confirm/"
BODY = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
WRONG_KEY = (("key", "invalid_key"),)
RULES = [
    ("short1", "password_too_short"),
    ("password", "password_too_common"),
    ("8375934857", "password_entirely_numeric"),
    ("ada@example.com", "password_too_similar"),
]


@pytest.fixture
def admin_cookie(alma: User) -> Client:
    client = Client()
    client.post("/admin/login/", {"username": "alma", "password": PASSWORD})
    assert client.get("/admin/").status_code == 200
    return client


@pytest.fixture
def key(ada: User) -> str:
    """Of a mail that was asked for."""
    Api().post(RESET, {"email": "ada@example.com"}, expect=202)
    return keys_mailed("reset-password")[-1]


def confirm(key: str, password: str = NEW_PASSWORD, expect: int = 204) -> Any:
    return Api().post(CONFIRM, {"key": key, "password": password}, expect=expect)


class TestChange:
    def test_session_that_asks_keeps_both_tokens(self, ada: User) -> None:
        tokens = sign_in()
        bearer(tokens["access"]).post(CHANGE, BODY, expect=204)
        assert not is_over(tokens)

    def test_all_other_sessions_end(self, ada: User) -> None:
        others = [sign_in(), sign_in()]
        bearer(sign_in()["access"]).post(CHANGE, BODY, expect=204)
        assert [is_over(tokens) for tokens in others] == [True, True]

    def test_sessions_of_others_go_on(self, as_ada: Api, sam: User) -> None:
        sams = sign_in("sam")
        as_ada.post(CHANGE, BODY, expect=204)
        assert not is_over(sams)

    def test_new_password_works_and_the_old_one_does_not(self, as_ada: Api) -> None:
        as_ada.post(CHANGE, BODY, expect=204)
        Api().post("/login/", {"username": "ada", "password": PASSWORD}, expect=401)
        sign_in(password=NEW_PASSWORD)

    def test_session_that_asked_can_change_it_again_and_prove_itself(self, as_ada: Api) -> None:
        as_ada.post(CHANGE, BODY, expect=204)
        as_ada.post("/reauthenticate/", {"password": NEW_PASSWORD}, expect=204)
        again = {"current_password": NEW_PASSWORD, "new_password": PASSWORD}
        as_ada.post(CHANGE, again, expect=204)
        sign_in()

    def test_cookie_of_the_admin_ends(self, admin_cookie: Client, as_alma: Api) -> None:
        as_alma.post(CHANGE, BODY, expect=204)
        assert admin_cookie.get("/admin/").status_code == 302

    def test_change_in_the_admin_ends_the_tokens(self, admin_cookie: Client) -> None:
        tokens = sign_in("alma")
        body = {
            "old_password": PASSWORD,
            "new_password1": NEW_PASSWORD,
            "new_password2": NEW_PASSWORD,
        }
        assert admin_cookie.post("/admin/password_change/", body).status_code == 302
        assert admin_cookie.get("/admin/").status_code == 200
        assert is_over(tokens)

    def test_change_on_the_command_line_ends_the_tokens(
        self, ada: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tokens = sign_in()
        monkeypatch.setattr("getpass.getpass", lambda prompt: NEW_PASSWORD)
        call_command("changepassword", "ada", stdout=StringIO())
        assert is_over(tokens)

    def test_better_hash_of_the_same_password_ends_nothing(
        self, ada: User, settings: Settings
    ) -> None:
        tokens = sign_in()
        before = User.objects.get().password
        settings.PASSWORD_HASHERS = [
            "django.contrib.auth.hashers.PBKDF2PasswordHasher",
            *settings.PASSWORD_HASHERS,
        ]
        sign_in()
        assert User.objects.get().password != before
        assert not is_over(tokens)

    def test_wrong_password_changes_nothing(self, as_ada: Api, ada: User) -> None:
        other = sign_in()
        problem = as_ada.post(CHANGE, BODY | {"current_password": "wrong"}, expect=400)
        assert refusal(problem) == (("current_password", "incorrect_password"),)
        assert not is_over(other)
        sign_in()

    @pytest.mark.parametrize(("password", "code"), [*RULES, (" outer blanks ", "")])
    def test_weak_password_is_refused(self, as_ada: Api, password: str, code: str) -> None:
        problem = as_ada.post(CHANGE, BODY | {"new_password": password}, expect=400)
        assert refusal(problem) == (("new_password", code or "password_outer_blanks"),)
        sign_in()

    @pytest.mark.parametrize("field", ["current_password", "new_password"])
    def test_hostile_values_are_refused(self, as_ada: Api, field: str) -> None:
        send_hostile(as_ada, CHANGE, BODY, field)
        sign_in()

    def test_without_a_token_nothing_changes(self, as_nobody: Api, ada: User) -> None:
        as_nobody.post(CHANGE, BODY | {"username": "ada"}, expect=401)
        sign_in()

    def test_person_is_told(self, ada: User) -> None:
        Api(ada, HTTP_USER_AGENT="Lynx", REMOTE_ADDR="192.0.2.7").post(CHANGE, BODY, expect=204)
        told = Notification.objects.get(user=ada, kind="account_security").context
        assert (told["what"], told["ip"], told["device"]) == (
            "password_changed", "192.0.2.7", "Lynx",
        )  # fmt: skip

    def test_right_password_is_refused_after_twenty_wrong_ones(
        self, as_ada: Api, settings: Settings
    ) -> None:
        settings.RATE_LIMITS = True
        for _ in range(20):
            as_ada.post(CHANGE, BODY | {"current_password": "wrong"}, expect=400)
        assert refusal(as_ada.post(CHANGE, BODY, expect=429)) == ("throttled",)

    def test_guesses_count_with_those_of_logins(self, as_ada: Api, settings: Settings) -> None:
        settings.RATE_LIMITS = True
        for _ in range(20):
            Api().post("/login/", {"username": "ada", "password": "wrong"}, expect=401)
        assert refusal(as_ada.post(CHANGE, BODY, expect=429)) == ("throttled",)

    def test_key_of_a_mail_dies_with_it(self, as_ada: Api, key: str) -> None:
        as_ada.post(CHANGE, BODY, expect=204)
        assert refusal(confirm(key, "a third fine password", expect=400)) == WRONG_KEY


class TestAsking:
    @pytest.mark.parametrize("email", ["ADA@Example.com", "nobody@example.com"])
    def test_answer_never_tells(self, ada: User, email: str) -> None:
        response = Api().client.post(f"/api{RESET}", {"email": email})
        assert (response.status_code, response.content) == (202, b"")

    @pytest.mark.parametrize(("email", "mails"), [("ADA@Example.com", 1), ("x@example.com", 0)])
    def test_mail_goes_to_who_is_known(
        self, ada: User, mailoutbox: list[Any], email: str, mails: int
    ) -> None:
        Api().post(RESET, {"email": email}, expect=202)
        assert len(keys_mailed("reset-password")) == mails
        assert not MailRequest.objects.exists()

    def test_inactive_person_gets_no_mail(self, ada: User) -> None:
        deactivate(user=ada)
        Api().post(RESET, {"email": ada.email}, expect=202)
        assert keys_mailed("reset-password") == []

    def test_ten_mails_a_day_at_most(self, ada: User, time_machine: Any) -> None:
        now = timezone.now()
        for minute in range(15):
            time_machine.move_to(now + timedelta(minutes=minute))
            Api().post(RESET, {"email": ada.email}, expect=202)
            mailed = keys_mailed("reset-password")
        assert len(mailed) == 10

    def test_hostile_values_are_refused(self, as_nobody: Api) -> None:
        send_hostile(as_nobody, RESET, {"email": "ada@example.com"}, "email")
        assert not MailRequest.objects.exists()

    def test_stale_bearer_harms_nothing(self, ada: User) -> None:
        bearer("nonsense").post(RESET, {"email": ada.email}, expect=202)

    def test_asking_ends_no_session(self, ada: User) -> None:
        tokens = sign_in()
        Api().post(RESET, {"email": ada.email}, expect=202)
        assert not is_over(tokens)


class TestReset:
    def test_new_password_works(self, key: str) -> None:
        confirm(key)
        sign_in(password=NEW_PASSWORD)
        Api().post("/login/", {"username": "ada", "password": PASSWORD}, expect=401)

    def test_every_session_ends(self, key: str) -> None:
        # A login makes the key worthless, so theirs come first.
        Notification.objects.all().delete()
        sessions = [sign_in(), sign_in()]
        Api().post(RESET, {"email": "ada@example.com"}, expect=202)
        confirm(keys_mailed("reset-password")[-1])
        assert [is_over(tokens) for tokens in sessions] == [True, True]
        assert not UserSession.objects.exists()

    def test_cookie_of_the_admin_ends(self, admin_cookie: Client) -> None:
        Api().post(RESET, {"email": "alma@example.com"}, expect=202)
        confirm(keys_mailed("reset-password")[-1])
        assert admin_cookie.get("/admin/").status_code == 302

    def test_nobody_is_signed_in_by_it(self, key: str) -> None:
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

    def test_key_of_somebody_inactive_is_refused(self, key: str, ada: User) -> None:
        deactivate(user=ada)
        assert refusal(confirm(key, expect=400)) == WRONG_KEY
        ada.refresh_from_db()
        assert ada.check_password(PASSWORD)

    def test_key_of_one_person_is_none_of_another(self, key: str, sam: User) -> None:
        Api().post(RESET, {"email": "sam@example.com"}, expect=202)
        sams = keys_mailed("reset-password")[-1]
        mixed = f"{sams.partition('-')[0]}-{key.partition('-')[2]}"
        assert refusal(confirm(mixed, expect=400)) == WRONG_KEY

    @pytest.mark.parametrize(
        "key", ["x", "-", "1-", "-x", "1-x-y", "zzzzzzzzzzzzz-x", "z" * 400, "٣-x", "../1-x"]
    )
    def test_made_up_key_is_refused(self, ada: User, key: str) -> None:
        assert refusal(confirm(key, expect=400)) == WRONG_KEY

    @pytest.mark.parametrize(("password", "code"), RULES)
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

    def test_second_factor_is_still_asked_for(self, ada: User) -> None:
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
        assert works(sign_in(password=NEW_PASSWORD)["access"])

    def test_person_is_told(self, key: str, ada: User) -> None:
        confirm(key)
        told = Notification.objects.filter(user=ada, kind="account_security")
        assert [each.context["what"] for each in told] == ["password_reset"]
