"""Change a password, and end the other sessions."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from notifications.models import Notification
from tests.accounts.login import (
    NEW_PASSWORD,
    WEAK_PASSWORDS,
    bearer,
    is_over,
    send_hostile,
    sign_in,
)
from tests.client import Api, refusal
from tests.factories import PASSWORD

CHANGE = "/password/change/"
BODY = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}


class TestChange:
    def test_current_session_keeps_both_tokens(self, ada: User) -> None:
        tokens = sign_in()
        bearer(tokens["access"]).post(CHANGE, BODY, expect=204)
        assert not is_over(tokens)

    def test_all_other_sessions_end(self, ada: User) -> None:
        others = [sign_in(), sign_in()]
        bearer(sign_in()["access"]).post(CHANGE, BODY, expect=204)
        assert [is_over(tokens) for tokens in others] == [True, True]

    def test_sessions_of_others_continue(self, as_ada: Api, sam: User) -> None:
        sams = sign_in("sam")
        as_ada.post(CHANGE, BODY, expect=204)
        assert not is_over(sams)

    def test_new_password_works_and_the_old_one_does_not(self, as_ada: Api) -> None:
        as_ada.post(CHANGE, BODY, expect=204)
        Api().post("/login/", {"username": "ada", "password": PASSWORD}, expect=401)
        sign_in(password=NEW_PASSWORD)

    def test_current_session_can_change_it_again_and_reauthenticate(self, as_ada: Api) -> None:
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

    @pytest.mark.parametrize(
        ("password", "code"), [*WEAK_PASSWORDS, (" outer blanks ", "password_outer_blanks")]
    )
    def test_weak_password_is_refused(self, as_ada: Api, password: str, code: str) -> None:
        problem = as_ada.post(CHANGE, BODY | {"new_password": password}, expect=400)
        assert refusal(problem) == (("new_password", code),)
        sign_in()

    @pytest.mark.parametrize("field", ["current_password", "new_password"])
    def test_hostile_values_are_refused(self, as_ada: Api, field: str) -> None:
        send_hostile(as_ada, CHANGE, BODY, field)
        sign_in()

    def test_without_a_token_nothing_changes(self, as_nobody: Api, ada: User) -> None:
        as_nobody.post(CHANGE, BODY | {"username": "ada"}, expect=401)
        sign_in()

    def test_user_gets_a_mail(self, ada: User) -> None:
        Api(ada, HTTP_USER_AGENT="Lynx", REMOTE_ADDR="192.0.2.7").post(CHANGE, BODY, expect=204)
        context = Notification.objects.get(user=ada, kind="account_security").context
        assert (context["what"], context["ip"], context["device"]) == (
            "password_changed", "192.0.2.7", "Lynx",
        )  # fmt: skip

    def test_right_password_is_refused_after_twenty_wrong_ones(
        self, as_ada: Api, settings: Settings
    ) -> None:
        settings.RATE_LIMITS = True
        for _ in range(20):
            as_ada.post(CHANGE, BODY | {"current_password": "wrong"}, expect=400)
        assert refusal(as_ada.post(CHANGE, BODY, expect=429)) == ("throttled",)

    def test_guesses_at_the_login_do_not_lock_signed_in_users(
        self, as_ada: Api, settings: Settings
    ) -> None:
        settings.RATE_LIMITS = True
        for _ in range(20):
            Api().post("/login/", {"username": "ada", "password": "wrong"}, expect=401)
        as_ada.post(CHANGE, BODY, expect=204)
