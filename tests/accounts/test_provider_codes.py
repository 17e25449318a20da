"""Log in with a provider's code, with PKCE (RFC 7636)."""

import warnings
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount

from accounts.models import User
from tests.client import Api, refusal
from tests.factories import UserFactory
from tests.standins import StandInResponse
from tests.standins.provider import CLIENT_ID, SECRET, Provider

pytestmark = pytest.mark.slow

BACK = "http://localhost:3000/back"
VERIFIER = "v" * 43
BY_CODE = ["github", "google", "apple", "facebook", "openid_connect"]
UNTRUE = (("code", "invalid_token"),)
ADDRESSES = [
    {"email": "ada@users.noreply.example.com", "primary": False, "verified": True},
    {"email": "Ada@Example.com", "primary": True, "verified": True},
    {"email": "ada@old.example.com", "primary": False, "verified": False},
]
# GitHub's response for a user whose address is private.
PRIVATE = {"id": 4711, "login": "Ada-L", "name": "Ada", "email": None, "emails": ADDRESSES}
PEOPLE: dict[str, dict[str, Any]] = {
    "github": PRIVATE,
    "facebook": {"id": "4711", "email": "ada@example.com"},
}


def agree(provider: Provider, name: str = "github", **changes: Any) -> dict[str, str]:
    """Return the data that the frontend has after the user agreed at the provider."""
    person = PEOPLE.get(name, {"sub": "4711", "email": "ada@example.com"}) | changes
    code = provider.agree(name, person, redirect_uri=BACK, verifier=VERIFIER)
    return {"code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}


def log_in(api: Api, proof: dict[str, str], name: str = "github", expect: int = 200) -> Any:
    return api.post(f"/login/social/{name}/", proof, expect=expect)


def try_in(api: Api, proof: dict[str, str], name: str = "github", expect: int = 400) -> Any:
    """Return the refusal, and check that no row was created."""
    problem = log_in(api, proof, name, expect)
    assert not User.objects.exists()
    assert not SocialAccount.objects.exists()
    return refusal(problem)


class TestCode:
    @pytest.mark.parametrize("name", BY_CODE)
    def test_code_opens_an_account(self, as_nobody: Api, provider: Provider, name: str) -> None:
        tokens = log_in(as_nobody, agree(provider, name), name)
        me = Api(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}").get("/users/profile/")
        assert me["email"] == "ada@example.com"

    @pytest.mark.parametrize("name", BY_CODE)
    def test_second_login_finds_the_same_account(
        self, as_nobody: Api, provider: Provider, name: str
    ) -> None:
        log_in(as_nobody, agree(provider, name), name)
        log_in(as_nobody, agree(provider, name), name)
        assert (User.objects.count(), SocialAccount.objects.count()) == (1, 1)

    @pytest.mark.parametrize("name", BY_CODE)
    @pytest.mark.parametrize("changes", [{"code_verifier": "w" * 43}, {"code": "unknown"}])
    def test_code_needs_its_verifier(
        self, as_nobody: Api, provider: Provider, name: str, changes: dict[str, str]
    ) -> None:
        assert try_in(as_nobody, agree(provider, name) | changes, name) == UNTRUE

    @pytest.mark.parametrize("name", BY_CODE)
    def test_code_works_once(self, as_nobody: Api, provider: Provider, name: str) -> None:
        proof = agree(provider, name)
        log_in(as_nobody, proof, name)
        assert refusal(log_in(as_nobody, proof, name, expect=400)) == UNTRUE

    @pytest.mark.parametrize(
        ("left_out", "code"),
        [("code_verifier", "required"), ("redirect_uri", "required")],
    )
    def test_fields_that_go_with_the_code_are_required(
        self, as_nobody: Api, provider: Provider, left_out: str, code: str
    ) -> None:
        proof = agree(provider)
        del proof[left_out]
        assert try_in(as_nobody, proof) == ((left_out, code),)

    def test_code_of_another_redirect_is_refused(self, as_nobody: Api, provider: Provider) -> None:
        proof = agree(provider) | {"redirect_uri": "http://localhost:3000/elsewhere"}
        assert try_in(as_nobody, proof) == UNTRUE


class TestRedirect:
    @pytest.mark.parametrize(
        "uri",
        [
            "http://localhost:3000.evil.com/",
            "http://localhost:3000@evil.com/",
            "http://evil@localhost:3000/",
            "http://localhost:3000\\@evil.com/",
            "http://localhost:3000\\.evil.com/",
            "http://localhost:30001/back",
            "http://localhost/back",
            "https://localhost:3000/back",
            "HTTP://localhost:3000/back",
            "http://LOCALHOST:3000/back",
            "//localhost:3000/back",
            "ht\ttp://localhost:3000/back",
            "http://localhost:3000\t/back",
            "javascript:alert(1)",
            "http://evil.com/?http://localhost:3000/",
            "back",
        ],
    )
    def test_foreign_redirect_is_refused(
        self, as_nobody: Api, provider: Provider, uri: str
    ) -> None:
        problem = try_in(as_nobody, agree(provider) | {"redirect_uri": uri})
        assert problem == (("redirect_uri", "foreign_redirect"),)
        assert provider.calls == []

    @pytest.mark.parametrize(
        "uri",
        [
            "https://example.com/application",
            "https://example.com/app/../back",
            "https://example.com/app/%2e%2E/back",
            "https://example.com/app/.%2e/back",
            "https://example.com/app\\..\\back",
            "https://example.com/app/..\\back",
            "https://example.com/app/..;/back",
            "https://example.com/",
        ],
    )
    def test_redirect_beside_the_frontend_is_foreign(
        self, as_nobody: Api, provider: Provider, settings: Any, uri: str
    ) -> None:
        settings.FRONTEND_URL = "https://example.com/app"
        problem = try_in(as_nobody, agree(provider) | {"redirect_uri": uri})
        assert problem == (("redirect_uri", "foreign_redirect"),)

    @pytest.mark.parametrize(
        "uri",
        ["http://localhost:3000", "http://localhost:3000/a/b?c=..", "com.example.app:/back"],
    )
    def test_own_redirect_is_accepted(
        self, as_nobody: Api, provider: Provider, settings: Any, uri: str
    ) -> None:
        settings.SOCIAL_REDIRECT_URIS = ["com.example.app:/back"]
        code = provider.agree("github", PRIVATE, redirect_uri=uri, verifier=VERIFIER)
        log_in(as_nobody, {"code": code, "redirect_uri": uri, "code_verifier": VERIFIER})


class TestGitHub:
    def test_only_the_primary_address_is_used(self, as_nobody: Api, provider: Provider) -> None:
        log_in(as_nobody, agree(provider))
        person = User.objects.get()
        assert (person.username, person.email) == ("Ada-L", "ada@example.com")
        addresses = EmailAddress.objects.values_list("email", "verified", "primary")
        assert list(addresses) == [("ada@example.com", True, True)]

    def test_public_address_does_not_come_before_the_primary_one(
        self, as_nobody: Api, provider: Provider
    ) -> None:
        """The public address can be any, also one that GitHub has not verified."""
        log_in(as_nobody, agree(provider, email="ada@old.example.com"))
        assert User.objects.get().email == "ada@example.com"

    def test_other_addresses_are_of_no_account_here(
        self, as_nobody: Api, provider: Provider
    ) -> None:
        """Ada can log in although her second address belongs to Sam's account here."""
        UserFactory.create(username="sam", email="ada@users.noreply.example.com")
        EmailAddress.objects.update(verified=True)
        log_in(as_nobody, agree(provider))
        assert EmailAddress.objects.count() == 2

    @pytest.mark.parametrize("emails", [[], [{"email": "x", "primary": True, "verified": True}]])
    def test_account_without_an_address_is_refused(
        self, as_nobody: Api, provider: Provider, emails: Any
    ) -> None:
        problem = try_in(as_nobody, agree(provider, emails=emails), expect=409)
        assert problem == ("email_required", "register")

    @pytest.mark.parametrize(
        ("path", "trouble", "status"),
        [
            ("/github/login/oauth/access_token", StandInResponse(500, "Oops"), 503),
            ("/github/login/oauth/access_token", StandInResponse(200, "<html>"), 400),
            (
                "/github/login/oauth/access_token",
                StandInResponse(302, "", (("Location", "/x"),)),
                503,
            ),
            ("/github/user", StandInResponse(500, "Oops"), 503),
            ("/github/user", StandInResponse(200, "<html>"), 503),
            ("/github/user", StandInResponse(200, '{"id": '), 503),
            ("/github/user", StandInResponse(200, "[]"), 400),
            ("/github/user", StandInResponse(200, "{}"), 400),
            ("/github/user", StandInResponse(401, "{}"), 400),
            ("/github/user/emails", StandInResponse(503, "Oops"), 503),
            ("/github/user/emails", StandInResponse(200, '[{"email": "a@b.c"}]'), 400),
            ("/github/user/emails", StandInResponse(200, '{"message": "?"}'), 400),
        ],
    )
    def test_failed_request_does_not_log_in(
        self,
        as_nobody: Api,
        provider: Provider,
        caplog: Any,
        path: str,
        trouble: StandInResponse,
        status: int,
    ) -> None:
        provider.trouble_at[path] = trouble
        proof = agree(provider)
        code = try_in(as_nobody, proof, expect=status)
        assert code == (UNTRUE if status == 400 else ("provider_unavailable",))
        assert all(secret not in caplog.text for secret in (SECRET, "token-1", VERIFIER))


@pytest.fixture
def mock(settings: Any, provider: Provider) -> Iterator[str]:
    """Run an OpenID Connect provider of another project under the same name."""
    with warnings.catch_warnings(record=True):  # of the libraries that it uses
        from oidc_provider_mock import run_server_in_thread
    with run_server_in_thread() as server:
        url = f"http://127.0.0.1:{server.server_port}"
        apps = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
        apps[0]["settings"] = {"server_url": url}
        person = {"email": "ada@example.com", "email_verified": True}
        requests.put(f"{url}/users/ada", json=person, timeout=5).raise_for_status()
        yield url


@pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning")
def test_complete_code_flow_with_another_provider_server(as_nobody: Api, mock: str) -> None:
    params = {
        "client_id": CLIENT_ID,
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "openid email",
        "code_challenge": "ignored by this one",
    }
    response = requests.post(
        f"{mock}/oauth2/authorize",
        params=params,
        data={"sub": "ada"},
        allow_redirects=False,
        timeout=5,
    )
    code = parse_qs(urlsplit(response.headers["Location"]).query)["code"][0]
    proof = {"code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
    log_in(as_nobody, proof, "openid_connect")
    address = EmailAddress.objects.get()
    assert (address.email, address.verified) == ("ada@example.com", True)
