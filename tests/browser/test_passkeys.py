"""Passkeys are created and used in a real browser."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from playwright.sync_api import Error

from accounts.models import User
from tests.browser.conftest import Frontend
from tests.client import Api, access_token
from tests.factories import PASSWORD

# One browser.
pytestmark = [pytest.mark.embedded, pytest.mark.xdist_group("browser")]

LOG_IN = "() => logIn()"


@pytest.fixture
def access(ada: User) -> str:
    """Return an access token of Ada, with a verified address and a confirmed identity."""
    EmailAddress.objects.update(verified=True)
    token = access_token(ada)
    Api(HTTP_AUTHORIZATION=f"Bearer {token}").post(
        "/reauthenticate/", {"password": PASSWORD}, expect=204
    )
    return token


def register(frontend: Frontend, access: str) -> Any:
    return frontend.run("([name, access]) => register(name, access)", "Laptop", access)


def username_of(tokens: dict[str, str]) -> Any:
    return Api(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}").get("/users/profile/")["username"]


def test_passkey_made_in_a_browser_logs_in(frontend: Frontend, access: str) -> None:
    frontend.add_authenticator()
    assert register(frontend, access)["name"] == "Laptop"
    assert username_of(frontend.run(LOG_IN)) == "ada"


def test_passkey_in_a_browser_is_a_second_factor(
    frontend: Frontend, access: str, as_nobody: Api
) -> None:
    frontend.add_authenticator()
    register(frontend, access)
    body = {"username": "ada", "password": PASSWORD}
    token = as_nobody.post("/login/", body, expect=202)["session_token"]
    assert username_of(frontend.run("([token]) => logIn(token)", token)) == "ada"


def test_browser_creates_no_second_passkey_on_a_device(frontend: Frontend, access: str) -> None:
    frontend.add_authenticator()
    register(frontend, access)
    with pytest.raises(Error, match="InvalidStateError"):
        register(frontend, access)


def test_browser_refuses_a_passkey_without_user_verification(
    frontend: Frontend, access: str
) -> None:
    frontend.add_authenticator(verifies=False)
    with pytest.raises(Error, match="NotAllowedError"):
        register(frontend, access)


def test_removed_passkey_is_refused(frontend: Frontend, access: str) -> None:
    frontend.add_authenticator()
    made = register(frontend, access)
    Api(HTTP_AUTHORIZATION=f"Bearer {access}").delete(f"/passkeys/{made['id']}/")
    with pytest.raises(Error, match="401 invalid_credentials"):
        frontend.run(LOG_IN)


def test_other_device_has_no_passkey(frontend: Frontend, access: str) -> None:
    first = frontend.add_authenticator()
    register(frontend, access)
    frontend.remove_authenticator(first)
    frontend.add_authenticator()
    with pytest.raises(Error, match="NotAllowedError"):
        frontend.run(LOG_IN)
