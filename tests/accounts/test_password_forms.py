"""One password in several forms of its text (NIST SP 800-63B, 3.1.1.2): NFKC is hashed."""

from io import StringIO
from typing import Any
from unittest import mock

import pytest
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.test import Client

from accounts.models import User
from accounts.passwords import forms_of_password, normalize_password
from tests.accounts.login import bearer, is_accepted, reauthenticate, sign_in
from tests.accounts.mailed import keys_mailed
from tests.client import Api, refusal
from tests.factories import PASSWORD


def wide(text: str) -> str:
    """Return the password in wide Latin letters of Japanese keyboards."""
    return "".join(chr(ord(letter) + 0xFEE0) for letter in text)


COMPOSED, DECOMPOSED = "caf\u00e9 au lait 7", "cafe\u0301 au lait 7"
WIDE, NARROW = wide("bike") + " ride 99", "bike ride 99"
FORMS = [
    pytest.param(DECOMPOSED, COMPOSED, id="accent"),
    pytest.param(WIDE, NARROW, id="wide letters"),
]


def reset(password: str) -> None:
    Api().post("/password/reset/", {"email": "ada@example.com"}, expect=202)
    [key] = keys_mailed("reset-password")
    Api().post("/password/reset/confirm/", {"key": key, "password": password}, expect=204)


def change(password: str) -> None:
    api = bearer(sign_in()["access"])
    body = {"current_password": PASSWORD, "new_password": password}
    api.post("/password/change/", body, expect=204)


def change_by_command(password: str) -> None:
    with mock.patch("getpass.getpass", return_value=password):
        call_command("changepassword", "ada", stdout=StringIO())


def change_in_the_admin(password: str) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root", "root@example.com", PASSWORD))
    url = f"/admin/accounts/user/{User.objects.get(username='ada').pk}/password/"
    body = {"password1": password, "password2": password, "usable_password": "true"}
    assert client.post(url, body).status_code == 302


@pytest.mark.parametrize(("typed", "other"), FORMS)
class TestForms:
    @pytest.mark.parametrize("way", [reset, change, change_by_command, change_in_the_admin])
    def test_password_that_was_set_in_one_form_is_typed_in_another(
        self, ada: User, way: Any, typed: str, other: str
    ) -> None:
        way(typed)
        assert is_accepted(sign_in(password=other)["access"])
        assert is_accepted(sign_in(password=typed)["access"])

    def test_registered_person_logs_in_with_the_other_form(
        self, as_nobody: Api, typed: str, other: str
    ) -> None:
        body = {"username": "zoe", "email": "zoe@example.com", "password": typed}
        as_nobody.post("/register/", body)
        assert is_accepted(sign_in("zoe", other)["access"])

    def test_superuser_logs_in_with_the_other_form(
        self, db: None, monkeypatch: pytest.MonkeyPatch, typed: str, other: str
    ) -> None:
        monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", typed)
        options = {"username": "root", "email": "root@example.com", "interactive": False}
        call_command("createsuperuser", stdout=StringIO(), **options)
        client = Client()
        page = client.post("/admin/login/", {"username": "root", "password": other})
        assert page.status_code == 302

    def test_current_password_is_accepted_in_the_other_form(
        self, ada: User, typed: str, other: str
    ) -> None:
        reset(typed)
        api = bearer(sign_in(password=typed)["access"])
        reauthenticate(api, other)
        body = {"current_password": other, "new_password": PASSWORD}
        api.post("/password/change/", body, expect=204)


class TestOldHashes:
    """Hashes of passwords as they were typed."""

    @pytest.fixture(autouse=True)
    def _old(self, ada: User) -> None:
        User.objects.filter(pk=ada.pk).update(password=make_password(DECOMPOSED))

    def test_typed_form_logs_in_and_then_every_form_does(self) -> None:
        Api().post("/login/", {"username": "ada", "password": COMPOSED}, expect=401)
        sign_in(password=DECOMPOSED)
        assert is_accepted(sign_in(password=COMPOSED)["access"])

    def test_new_hash_ends_no_session(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A session contains a digest of the hash, and would end when the hash changes."""
        with monkeypatch.context() as patch:
            patch.setattr(User, "_hash_again", lambda *_: None)  # as earlier versions did
            first, second = (bearer(sign_in(password=DECOMPOSED)["access"]) for _ in range(2))
        reauthenticate(first, DECOMPOSED)
        assert User.objects.get().check_password(COMPOSED)
        assert first.get("/2fa/totp/")["secret"]
        reauthenticate(second, COMPOSED)
        assert second.get("/2fa/totp/")["secret"]

    def test_password_that_was_changed_meanwhile_is_kept(self, ada: User) -> None:
        ada.refresh_from_db()
        User.objects.update(password=make_password("another fine password"))
        assert ada.check_password(DECOMPOSED)
        assert User.objects.get().check_password("another fine password")

    def test_other_password_is_refused(self) -> None:
        assert not User.objects.get().check_password("cafe au lait 7")


class TestRules:
    @pytest.mark.parametrize(
        ("password", "code"),
        [
            pytest.param(wide("password"), "password_too_common", id="wide common"),
            pytest.param(wide("8375934857"), "password_entirely_numeric", id="wide digits"),
            pytest.param("e\u0301" * 4, "password_too_short", id="four letters of two characters"),
            pytest.param("\u00a0a fine password", "password_outer_blanks", id="no-break space"),
        ],
    )
    def test_rules_judge_the_text_that_is_hashed(
        self, as_nobody: Api, password: str, code: str
    ) -> None:
        body = {"username": "zoe", "email": "zoe@example.com", "password": password}
        problem = as_nobody.post("/register/", body, expect=400)
        assert ("password", code) in refusal(problem)

    def test_password_may_not_be_like_the_display_name(self, as_nobody: Api) -> None:
        body = {"username": "zoe", "email": "z@example.com", "display_name": "Zoltan Kovacs"}
        problem = as_nobody.post("/register/", body | {"password": "zoltankovacs"}, expect=400)
        assert refusal(problem) == (("password", "password_too_similar"),)


def test_forms_are_normalized_first_and_as_typed() -> None:
    assert normalize_password(DECOMPOSED) == COMPOSED
    assert forms_of_password(DECOMPOSED) == [COMPOSED, DECOMPOSED]
    assert forms_of_password(COMPOSED) == [COMPOSED]
