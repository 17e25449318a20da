"""Log in with an id_token or access_token of a provider."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount

from accounts.models import User
from tests.client import Api, refusal
from tests.factories import UserFactory
from tests.standins.provider import Grant, Provider, ec_key, sign

BY_ID_TOKEN = ["google", "apple", "facebook", "openid_connect"]


def log_in(api: Api, provider: str, expect: int = 200, **proof: str) -> Any:
    return api.post(f"/login/social/{provider}/", proof, expect=expect)


def nothing_was_made() -> bool:
    return not (User.objects.exists() or SocialAccount.objects.exists())


class TestNewAccount:
    @pytest.mark.parametrize("name", BY_ID_TOKEN)
    def test_id_token_opens_an_account(self, as_nobody: Api, provider: Provider, name: str) -> None:
        tokens = log_in(as_nobody, name, id_token=provider.id_token(name))
        me = Api(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}").get("/users/profile/")
        assert (me["username"], me["email"]) == ("ada", "ada@example.com")
        assert not User.objects.get().has_usable_password()

    def test_access_token_opens_an_account(self, as_nobody: Api, provider: Provider) -> None:
        person = {"id": "4711", "email": "ada@example.com", "name": "Ada"}
        token = provider.give_token(Grant("facebook", person))
        log_in(as_nobody, "facebook", access_token=token)
        assert User.objects.get().email == "ada@example.com"

    def test_elliptic_key_is_as_good(self, as_nobody: Api, provider: Provider) -> None:
        claims = provider.claims("openid_connect")
        token = sign(claims, key=ec_key(), algorithm="ES256", kid="ec")
        log_in(as_nobody, "openid_connect", id_token=token)
        assert User.objects.get().username == "ada"

    @pytest.mark.parametrize("name", BY_ID_TOKEN)
    def test_second_login_finds_the_same_account(
        self, as_nobody: Api, provider: Provider, name: str
    ) -> None:
        log_in(as_nobody, name, id_token=provider.id_token(name))
        log_in(as_nobody, name, id_token=provider.id_token(name))
        assert (User.objects.count(), SocialAccount.objects.count()) == (1, 1)

    @pytest.mark.parametrize(
        ("name", "claim", "verified"),
        [
            ("google", True, True),
            ("google", False, False),
            ("google", None, False),
            ("apple", "true", True),
            ("apple", "false", False),
            ("openid_connect", True, True),
            ("openid_connect", "true", False),
            ("openid_connect", "false", False),
            ("openid_connect", 1, False),
            ("facebook", True, False),  # which does not verify addresses
        ],
    )
    def test_address_is_verified_as_the_provider_says(
        self, as_nobody: Api, provider: Provider, name: str, claim: Any, verified: bool
    ) -> None:
        log_in(as_nobody, name, id_token=provider.id_token(name, email_verified=claim))
        address = EmailAddress.objects.get()
        assert (address.email, address.primary) == ("ada@example.com", True)
        assert address.verified is verified

    @pytest.mark.parametrize(
        ("email", "username"),
        [
            ("Ada.Lovelace+x@Example.com", "ada.lovelace+x"),
            ("12345@example.com", "user"),
            ("__@example.com", "user"),
            ("x" * 60 + "@example.com", "x" * 50),
        ],
    )
    def test_username_keeps_our_rules(
        self, as_nobody: Api, provider: Provider, email: str, username: str
    ) -> None:
        log_in(as_nobody, "google", id_token=provider.id_token("google", email=email))
        person = User.objects.get()
        person.full_clean(exclude=["password"])
        assert (person.username.lower(), person.email) == (username, email.lower())

    @pytest.mark.parametrize(
        ("claim", "username"),
        [("lovelace", "lovelace"), ("x" * 60, "x" * 50), ("Ädä", "ada"), ("123", "ada")],
    )
    def test_valid_name_of_the_provider_becomes_the_username(
        self, as_nobody: Api, provider: Provider, claim: str, username: str
    ) -> None:
        token = provider.id_token("openid_connect", preferred_username=claim)
        log_in(as_nobody, "openid_connect", id_token=token)
        assert User.objects.get().username == username

    def test_taken_username_gets_a_suffix_in_any_case(
        self, as_nobody: Api, provider: Provider
    ) -> None:
        taken = "X" * 50
        UserFactory.create(username=taken, email="other@example.com")
        token = provider.id_token("google", email=f"{taken}@example.com")
        log_in(as_nobody, "google", id_token=token)
        username = User.objects.get(email=f"{taken}@example.com".lower()).username
        assert len(username) == 50
        assert username[:44].lower() == "x" * 43 + "-"

    def test_unverified_address_gets_a_link(self, as_nobody: Api, provider: Provider) -> None:
        log_in(as_nobody, "google", id_token=provider.id_token("google", email_verified=False))
        kinds = User.objects.get().notifications.values_list("kind", flat=True)
        assert list(kinds) == ["verify_email"]

    def test_provider_without_an_address_is_refused(
        self, as_nobody: Api, provider: Provider
    ) -> None:
        token = provider.id_token("google", email=None)
        problem = log_in(as_nobody, "google", 409, id_token=token)
        assert refusal(problem) == ("email_required", "register")
        assert nothing_was_made()
