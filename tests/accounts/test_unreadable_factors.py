"""Stored second factors that can't be read: users get an error, and can remove them."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from accounts.models import User
from tests.accounts.login import Factor, begin_login, finish_login
from tests.accounts.test_passkeys import passkey, password, reauthenticate, verified
from tests.client import Api, refusal
from tests.factories import PASSWORD
from tests.standins.passkey import Passkey

pytestmark = pytest.mark.slow

__all__ = ["passkey", "verified"]

UNREADABLE = ("second_factor_unreadable", "ask_an_admin")
BROKEN: list[Any] = [
    pytest.param({}, id="empty"),
    pytest.param([], id="list"),
    pytest.param({"name": "Phone"}, id="no credential"),
    pytest.param({"name": "Phone", "credential": {"id": "x"}}, id="half a credential"),
    pytest.param({"name": 5, "credential": "x"}, id="other types"),
]


@pytest.fixture(params=BROKEN)
def broken(request: Any, passkey: Passkey) -> Authenticator:
    row = Authenticator.objects.get(type="webauthn")
    row.data = request.param
    row.save()
    return row


@pytest.fixture(
    params=[pytest.param({}, id="empty"), pytest.param({"secret": "x", "seed": "x"}, id="unsealed")]
)
def damaged(request: Any, factor: Factor) -> Factor:
    """Damage the app's secret and the seed of the recovery codes."""
    Authenticator.objects.update(data=request.param)
    return factor


class TestPasskey:
    def test_is_listed_and_removed(self, verified: Api, broken: Authenticator) -> None:
        [listed] = verified.get("/passkeys/")["results"]
        assert (listed["id"], type(listed["name"])) == (broken.pk, str)
        reauthenticate(verified)
        verified.delete(f"/passkeys/{broken.pk}/")
        assert verified.get("/passkeys/")["results"] == []

    def test_refuses_a_login_that_needs_it(self, broken: Authenticator, as_nobody: Api) -> None:
        token = password(as_nobody)["session_token"]
        problem = as_nobody.post("/login/passkey/", {"session_token": token}, expect=409)
        assert refusal(problem) == UNREADABLE

    def test_lets_the_owner_see_its_page_in_the_admin(
        self, broken: Authenticator, ada: User, admin_page: Any
    ) -> None:
        assert "WebAuthn" in admin_page(f"/accounts/user/{ada.pk}/change/")


class TestCodes:
    def test_login_returns_the_error(self, damaged: Factor) -> None:
        assert refusal(finish_login(begin_login(), damaged.code(), expect=409)) == UNREADABLE

    def test_count_of_recovery_codes_returns_the_error(
        self, as_owner: Api, damaged: Factor
    ) -> None:
        assert refusal(as_owner.get("/2fa/recovery-codes/", expect=409)) == UNREADABLE

    def test_reauthentication_returns_the_error(self, as_owner: Api, damaged: Factor) -> None:
        body = {"code": damaged.code()}
        assert refusal(as_owner.post("/reauthenticate/", body, expect=409)) == UNREADABLE

    def test_admin_login_shows_the_error(self, damaged: Factor, ada: User) -> None:
        User.objects.update(is_staff=True, is_superuser=True)
        body = {"username": "ada", "password": PASSWORD, "code": damaged.code()}
        page = Client().post("/admin/login/", body)
        assert page.status_code == 200
        assert "Ask an admin to look into it" in page.content.decode()
