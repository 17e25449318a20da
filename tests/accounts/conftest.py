"""Providers that let people in, and the answers that they give."""

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

from tests.standins.provider import CLIENT_ID, KEY_ID, SECRET, TEAM_ID, Provider, ec_key, pem_of


@pytest.fixture
def provider(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """All of them are configured, and have their addresses at the stand-in."""
    app = {"client_id": CLIENT_ID, "secret": SECRET}
    with Provider() as standin:
        url = standin.url
        settings.SOCIALACCOUNT_PROVIDERS = {
            "google": {"APPS": [app]},
            "github": {"APPS": [app]},
            "facebook": {"APPS": [app]},
            "apple": {
                "APPS": [
                    {
                        "client_id": f"{CLIENT_ID},com.example.app",
                        "secret": KEY_ID,
                        "key": TEAM_ID,
                        "settings": {"certificate_key": pem_of(ec_key("the team's"))},
                    }
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
