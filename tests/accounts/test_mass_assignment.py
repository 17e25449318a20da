"""Fields that users must not write are ignored or refused in every body."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.http import HttpResponse
from django.urls import URLPattern
from rest_framework.permissions import AllowAny

from accounts.models import User
from tests.accounts.login import (
    NEW_PASSWORD,
    Factor,
    bearer,
    begin_login,
    reauthenticate,
    sign_in,
    turn_on_totp,
    verify,
)
from tests.accounts.mailed import keys_mailed
from tests.client import Api
from tests.factories import PASSWORD

TAKEN_ALONG: dict[str, Any] = {
    "id": 4711,
    "pk": 4711,
    "user": 4711,
    "user_id": 4711,
    "is_staff": True,
    "is_superuser": True,
    "is_organizer": True,
    "is_active": False,
    "email_verified": True,
    "verified": True,
    "primary": True,
    "erased_at": "2020-01-01T00:00:00Z",
    "erasure_asked_at": "2020-01-01T00:00:00Z",
    "last_login": "2020-01-01T00:00:00Z",
    "date_joined": "2020-01-01T00:00:00Z",
    "user_permissions": [1],
    "groups": [1],
}
GUARDED = [
    "id", "username", "email", "password", "is_staff", "is_superuser", "is_organizer", "is_active",
    "erased_at", "erasure_asked_at", "date_joined",
]  # fmt: skip
# What each wants to do its work; it is sent without, too. `register` and `profile` may choose
# `is_organizer` (tests/accounts/test_organizer_role.py).
BODIES: dict[str, dict[str, Any]] = {
    "login": {"username": "ada", "password": PASSWORD},
    "reauthenticate": {"code": "123456"},
    "password-reset": {"email": "ada@example.com"},
    "email-resend": {"email": "ada@example.com"},
    "profile": {"bio": "Climbs.", "notifications": {"quiet_hours": None}},
    "passkeys": {"name": "phone"},
    "login-social": {"id_token": "x", "client_id": "y"},
    "link": {"id_token": "x", "client_id": "y"},
}


def writable() -> Iterator[Any]:
    """Return every endpoint of accounts that writes, with its method, including new ones."""
    import_module("config.urls")  # replaces ids in paths
    for pattern in import_module("accounts.urls").urlpatterns:
        assert isinstance(pattern, URLPattern)
        view: Any = pattern.callback.view_class  # type: ignore[attr-defined]
        for method in ("post", "put", "patch", "delete"):
            if hasattr(view, method):
                path = str(pattern.pattern)
                for kind, value in (("provider", "google"), ("session_id", 1), ("passkey_id", 1)):
                    path = path.replace(f"<slug:{kind}>", str(value))
                    path = path.replace(f"<id:{kind}>", str(value))
                is_open = view.permission_classes == [AllowAny]
                yield pytest.param(
                    str(pattern.name), method, path, is_open, id=f"{method} {pattern.name}"
                )


def guarded(user: User) -> dict[str, Any]:
    user = User.objects.get(pk=user.pk)
    verified = EmailAddress.objects.filter(user=user).values_list("email", "verified", "primary")
    return {name: getattr(user, name) for name in GUARDED} | {"addresses": sorted(verified)}


def send(api: Api, method: str, path: str, body: dict[str, Any]) -> HttpResponse:
    response: HttpResponse = getattr(api.client, method)(f"/api/{path}", body)
    assert response.status_code < 500, response.content
    return response


@pytest.mark.parametrize(("name", "method", "path", "is_open"), list(writable()))
def test_rights_are_not_granted(
    ada: User, sam: User, name: str, method: str, path: str, is_open: bool
) -> None:
    if name == "register":
        return_body = {"username": "new", "email": "new@example.com", "password": PASSWORD}
        refused = return_body | TAKEN_ALONG | {"is_organizer": False}
        assert send(Api(), method, path, refused).status_code == 400
        assert list(User.objects.order_by("pk")) == [ada, sam]
        send(Api(), method, path, return_body | {"id": 4711, "is_organizer": False})
        new = guarded(User.objects.get(username="new"))
        expected = {"is_staff": False, "is_superuser": False, "is_active": True, "erased_at": None}
        assert new | expected | {"is_organizer": False} == new
        assert new["id"] != 4711 and new["addresses"] == [("new@example.com", False, True)]
        return
    before = guarded(ada), guarded(sam)
    more = TAKEN_ALONG | ({"is_organizer": False} if name == "profile" else {})
    for body in (BODIES.get(name, {}), {}):
        api = Api() if is_open else bearer(sign_in()["access"])
        send(api, method, path, body | more | {"password": body.get("password", "x" * 12)})
    assert (guarded(ada), guarded(sam)) == before
    assert list(User.objects.order_by("pk")) == [ada, sam]


def test_new_password_changes_nothing_but_the_password(ada: User) -> None:
    before = guarded(ada)
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    Api(ada).post("/password/change/", TAKEN_ALONG | body, expect=400)
    assert guarded(ada) == before
    Api(ada).post("/password/change/", body, expect=204)
    assert guarded(ada) | {"password": 0} == before | {"password": 0}


def test_reset_changes_nothing_but_the_password_and_verifies(ada: User) -> None:
    before = guarded(ada)
    Api().post("/password/reset/", {"email": ada.email}, expect=202)
    body = {"key": keys_mailed("reset-password")[-1], "password": NEW_PASSWORD}
    Api().post("/password/reset/confirm/", TAKEN_ALONG | body, expect=400)
    assert guarded(ada) == before
    Api().post("/password/reset/confirm/", body, expect=204)
    after = {"password": 0, "addresses": [("ada@example.com", True, True)]}
    assert guarded(ada) | {"password": 0} == before | after


def test_change_of_address_is_verified_by_its_link_alone(ada: User) -> None:
    before = guarded(ada)
    api = Api(ada)
    reauthenticate(api)
    api.post("/email/change/", TAKEN_ALONG | {"email": "new@example.com"}, expect=400)
    api.post("/email/change/", {"email": "new@example.com"}, expect=202)
    waiting = [("ada@example.com", True, True), ("new@example.com", False, False)]
    assert guarded(ada) == before | {"addresses": waiting}
    key = keys_mailed("verify-email", to="new@example.com")[-1]
    Api().post("/email/verify/", TAKEN_ALONG | {"key": key, "email": "x@y.z"}, expect=400)
    Api().post("/email/verify/", {"key": key}, expect=200)
    after = {"email": "new@example.com", "addresses": [("new@example.com", True, True)]}
    assert guarded(ada) == before | after


def test_second_factor_changes_nothing_about_the_person(ada: User) -> None:
    verify(ada)
    before = guarded(ada)
    api = bearer(sign_in()["access"])
    reauthenticate(api)
    code = Factor(api.get("/2fa/totp/")["secret"], []).code()
    api.post("/2fa/totp/", TAKEN_ALONG | {"code": code}, expect=400)
    api.post("/2fa/totp/", {"code": code})
    api.post("/2fa/recovery-codes/", TAKEN_ALONG, expect=400)
    api.post("/2fa/recovery-codes/")
    assert guarded(ada) == before


def test_login_changes_nothing_about_the_person(ada: User) -> None:
    factor = turn_on_totp(ada)
    before = guarded(ada)
    body = {"session_token": begin_login(), "code": factor.code(1)}
    Api().post("/login/2fa/", TAKEN_ALONG | body, expect=400)
    tokens = Api().post("/login/2fa/", body, expect=200)
    Api().post("/token/refresh/", TAKEN_ALONG | tokens, expect=400)
    Api().post("/token/refresh/", tokens, expect=200)
    assert guarded(ada) == before
