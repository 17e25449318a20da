"""Fixtures: second factor, admin session, login providers, and signed-in clients."""

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.socialaccount.providers.apple.views import AppleOAuth2Adapter
from allauth.socialaccount.providers.facebook import flows as facebook_flows
from allauth.socialaccount.providers.facebook.provider import FacebookProvider
from allauth.socialaccount.providers.facebook.views import FacebookOAuth2Adapter
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from allauth.socialaccount.providers.google import views as google_views
from allauth.socialaccount.providers.google.views import GoogleOAuth2Adapter
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from tests.accounts.login import (
    Factor,
    bearer,
    begin_login,
    finish_login,
    reauthenticate,
    sign_in,
    turn_on_totp,
    verify,
)
from tests.client import Api
from tests.conftest import dead_redis
from tests.factories import PASSWORD
from tests.standins.provider import CLIENT_ID, KEY_ID, SECRET, TEAM_ID, Provider, ec_key, pem_of


@pytest.fixture
def factor(ada: User) -> Factor:
    return turn_on_totp(ada)


@pytest.fixture
def as_verified(ada: User) -> Api:
    verify(ada)
    return bearer(sign_in()["access"])


@pytest.fixture
def as_confirmed(as_verified: Api) -> Api:
    reauthenticate(as_verified)
    return as_verified


@pytest.fixture
def as_owner(factor: Factor) -> Api:
    """Return Ada's client after a login with recovery code number 9, which is used up."""
    return bearer(finish_login(begin_login(), factor.recovery_codes[9])["access"])


@pytest.fixture(params=["cache", "cache away"])
def any_cache(request: pytest.FixtureRequest, settings: Settings, nowhere: str) -> None:
    if request.param == "cache away":
        settings.CACHES = dead_redis(nowhere)


@pytest.fixture
def admin_cookie(alma: User) -> Client:
    client = Client()
    client.post("/admin/login/", {"username": "alma", "password": PASSWORD})
    assert client.get("/admin/").status_code == 200
    return client


@pytest.fixture
def provider(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """Configure all providers, with the URLs of a stand-in."""
    app: dict[str, Any] = {"client_id": CLIENT_ID, "secret": SECRET}
    phone = app | {"client_id": "com.example.app", "settings": {"hidden": True}}
    with Provider() as standin:
        url = standin.url
        settings.SOCIALACCOUNT_PROVIDERS = {
            "google": {"APPS": [app, phone]},
            "github": {"APPS": [app]},
            "facebook": {"APPS": [app]},
            "apple": {
                "APPS": [
                    {
                        "client_id": client_id,
                        "secret": KEY_ID,
                        "key": TEAM_ID,
                        "settings": {"certificate_key": pem_of(ec_key("the team's"))} | more,
                    }
                    for client_id, more in ((CLIENT_ID, {}), ("com.example.app", {"hidden": True}))
                ]
            },
            "openid_connect": {
                "APPS": [
                    app
                    | {
                        "provider_id": "openid_connect",
                        "name": "Stand-in",
                        "settings": {"server_url": url},
                    }
                ]
            },
        }
        for owner, name, path in (
            (google_views, "CERTS_URL", "/certs"),
            (GoogleOAuth2Adapter, "access_token_url", "/token"),
            (GoogleOAuth2Adapter, "identity_url", "/userinfo"),
            (AppleOAuth2Adapter, "public_key_url", "/jwks"),
            (AppleOAuth2Adapter, "access_token_url", "/token"),
            (FacebookProvider, "limited_login_jwks_url", "/jwks"),
            (FacebookOAuth2Adapter, "access_token_url", "/graph/oauth/access_token"),
            (facebook_flows, "GRAPH_API_URL", "/graph"),
            (GitHubOAuth2Adapter, "access_token_url", "/github/login/oauth/access_token"),
            (GitHubOAuth2Adapter, "profile_url", "/github/user"),
            (GitHubOAuth2Adapter, "emails_url", "/github/user/emails"),
        ):
            monkeypatch.setattr(owner, name, f"{url}{path}")
        yield standin
