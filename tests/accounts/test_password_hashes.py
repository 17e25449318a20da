"""Passwords are hashed with Argon2id, and hashes of earlier versions are replaced at a login."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.utils import user_pk_to_url_str
from django.contrib.auth.hashers import get_hashers, make_password
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.hashers import Argon2
from accounts.models import User
from accounts.services.lifecycle import deactivate
from config.settings import accounts as production
from tests.accounts.login import NEW_PASSWORD, is_over, sign_in, turn_on_totp
from tests.accounts.mailed import keys_mailed
from tests.client import Api
from tests.factories import PASSWORD

RESET, CONFIRM = "/password/reset/", "/password/reset/confirm/"


class CheapArgon2(Argon2):
    memory_cost = 64
    time_cost = 1


@pytest.fixture(autouse=True)
def _hashers(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.CheapArgon2", *settings.PASSWORD_HASHERS]


@pytest.fixture
def former(ada: User) -> User:
    """Return Ada with a hash of an earlier version."""
    ada.password = make_password(PASSWORD, hasher="md5")
    ada.save()
    return ada


def is_replaced() -> bool:
    return User.objects.get(username="ada").password.startswith("argon2$argon2id$")


def confirm(key: str, expect: int) -> None:
    Api().post(CONFIRM, {"key": key, "password": NEW_PASSWORD}, expect=expect)


def test_production_hashes_with_the_minimum_of_owasp(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = production.PASSWORD_HASHERS
    assert [hasher.algorithm for hasher in get_hashers()] == ["argon2", "pbkdf2_sha256"]
    assert make_password("x").startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize("login", ["ada", "ada@example.com"])
def test_login_replaces_a_former_hash(former: User, login: str) -> None:
    assert not is_replaced()
    sign_in(login)
    assert is_replaced()
    sign_in(login)


def test_password_before_the_second_factor_replaces_a_former_hash(former: User) -> None:
    turn_on_totp(former)
    Api().post("/login/", {"username": "ada", "password": PASSWORD}, expect=202)
    assert is_replaced()


def test_wrong_password_replaces_nothing(former: User) -> None:
    Api().post("/login/", {"username": "ada", "password": "wrong"}, expect=401)
    assert not is_replaced()


def test_login_of_an_inactive_user_replaces_nothing(former: User) -> None:
    deactivate(user=former)
    Api().post("/login/", {"username": "ada", "password": PASSWORD}, expect=401)
    assert not is_replaced()


def test_better_hash_ends_no_session(former: User, settings: Settings) -> None:
    hashers = settings.PASSWORD_HASHERS
    settings.PASSWORD_HASHERS = hashers[1:]  # a process of the earlier version
    tokens = [sign_in(), sign_in()]
    settings.PASSWORD_HASHERS = hashers
    sign_in()
    assert is_replaced()
    assert [is_over(each) for each in tokens] == [False, False]


def test_better_hash_leaves_the_link_of_a_mail_as_it_is(former: User) -> None:
    Api().post(RESET, {"email": "ada@example.com"}, expect=202)
    [key] = keys_mailed("reset-password")
    sign_in()
    assert is_replaced()
    confirm(key, expect=204)
    confirm(key, expect=400)


def test_short_salt_is_replaced(former: User) -> None:
    """Argon2 refuses salts of less than eight bytes."""
    User.objects.update(password=make_password(PASSWORD, salt="short", hasher="md5"))
    sign_in()
    assert is_replaced()


def test_link_of_the_former_version_works_until_the_hash_is_replaced(former: User) -> None:
    class Former(PasswordResetTokenGenerator):
        def _make_hash_value(self, user: Any, timestamp: int) -> str:
            return f"{user.pk}{user.password}{timestamp}{user.email}"

    key = f"{user_pk_to_url_str(former)}-{Former().make_token(former)}"
    confirm(key, expect=204)
    confirm(key, expect=400)


@pytest.mark.parametrize(
    "change",
    [
        lambda user: user.set_password(NEW_PASSWORD),
        lambda user: user.set_unusable_password(),
        lambda user: user.set_password(PASSWORD),
    ],
    ids=["another", "none", "the same"],
)
def test_link_dies_with_each_password_that_is_set(
    ada: User, change: Callable[[User], None]
) -> None:
    Api().post(RESET, {"email": "ada@example.com"}, expect=202)
    [key] = keys_mailed("reset-password")
    ada.refresh_from_db()
    change(ada)
    ada.save()
    confirm(key, expect=400)


def test_login_to_the_admin_replaces_a_former_hash(former: User) -> None:
    User.objects.update(is_staff=True)
    body = {"username": "ada", "password": PASSWORD}
    assert Client().post("/admin/login/?next=/admin/", body).status_code == 302
    assert is_replaced()
