"""Link and unlink providers of existing accounts."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.socialaccount.models import SocialAccount
from django.utils import timezone

from accounts.models import User
from accounts.services.lifecycle import deactivate
from tests.client import Api, refusal
from tests.factories import PASSWORD
from tests.standins.provider import Grant, Provider


def log_in(api: Api, provider: Provider, expect: int = 200, **claims: Any) -> Any:
    token = provider.id_token("google", **claims)
    return api.post("/login/social/google/", {"id_token": token}, expect=expect)


def reauthenticate(api: Api) -> None:
    api.post("/reauthenticate/", {"password": PASSWORD}, expect=204)


def link(api: Api, provider: Provider, expect: int = 201, **claims: Any) -> Any:
    token = provider.id_token("google", **claims)
    return api.post("/users/social/google/", {"id_token": token}, expect=expect)


def later(time_machine: Any) -> None:
    """Move the clock to when a confirmation has just expired."""
    time_machine.move_to(timezone.now() + timedelta(seconds=301))


def security_notices(user: User) -> list[tuple[str, str]]:
    """Return the security notices in the outbox."""
    mails = user.notifications.filter(kind="account_security").order_by("pk")
    return [(mail.context["what"], mail.context["detail"]) for mail in mails]


@pytest.fixture
def as_linked(as_ada: Api, provider: Provider) -> Api:
    """Return a client of Ada, who has a password and Google and has reauthenticated."""
    reauthenticate(as_ada)
    link(as_ada, provider)
    return as_ada


@pytest.fixture
def as_guest(as_nobody: Api, provider: Provider) -> Api:
    """Return a client of a user without a password, only with Google."""
    tokens = log_in(as_nobody, provider, sub="guest", email="guest@example.com")
    return Api(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}")


class TestSameAddress:
    @pytest.mark.parametrize("email", ["ada@example.com", "ADA@Example.COM"])
    @pytest.mark.parametrize("is_verified_here", [True, False])
    @pytest.mark.parametrize("is_verified_there", [True, False])
    def test_address_of_an_account_does_not_open_it(
        self,
        as_nobody: Api,
        ada: User,
        provider: Provider,
        email: str,
        is_verified_here: bool,
        is_verified_there: bool,
    ) -> None:
        EmailAddress.objects.update(verified=is_verified_here)
        problem = log_in(as_nobody, provider, 409, email=email, email_verified=is_verified_there)
        assert refusal(problem) == ("account_exists", "log_in_and_link")
        assert not SocialAccount.objects.exists()
        assert User.objects.get().has_usable_password()


class TestLink:
    def test_link_requires_reauthentication(self, as_ada: Api, provider: Provider) -> None:
        problem = link(as_ada, provider, 403)
        assert refusal(problem) == ("reauthentication_required", "reauthenticate")
        assert provider.calls == []

    def test_reauthentication_lasts_five_minutes(
        self, as_ada: Api, provider: Provider, time_machine: Any
    ) -> None:
        reauthenticate(as_ada)
        later(time_machine)
        assert refusal(link(as_ada, provider, 403))[0] == "reauthentication_required"

    def test_linked_provider_logs_in(
        self, as_linked: Api, as_nobody: Api, ada: User, provider: Provider
    ) -> None:
        tokens = log_in(as_nobody, provider)
        me = Api(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}").get("/users/profile/")
        assert me["id"] == ada.pk

    def test_link_is_listed(self, as_linked: Api, as_sam: Api) -> None:
        (found,) = as_linked.get("/users/social/")["results"]
        assert (found["provider"], found["uid"]) == ("google", "4711")
        assert as_sam.get("/users/social/")["results"] == []

    def test_link_sends_a_mail(self, as_linked: Api, ada: User) -> None:
        assert security_notices(ada) == [("provider_linked", "Google")]

    def test_linking_twice_is_no_error(self, as_linked: Api, provider: Provider) -> None:
        link(as_linked, provider)
        assert SocialAccount.objects.count() == 1

    def test_link_of_another_address_changes_none(
        self, as_ada: Api, ada: User, provider: Provider
    ) -> None:
        reauthenticate(as_ada)
        link(as_ada, provider, email="other@example.com")
        ada.refresh_from_db()
        assert ada.email == "ada@example.com"
        assert EmailAddress.objects.get().email == "ada@example.com"

    def test_provider_account_of_another_user_is_not_linked(
        self, as_linked: Api, as_sam: Api, sam: User, provider: Provider
    ) -> None:
        reauthenticate(as_sam)
        assert refusal(link(as_sam, provider, 409)) == ("linked_elsewhere",)
        assert not SocialAccount.objects.filter(user=sam).exists()

    def test_untrue_token_links_nothing(self, as_ada: Api, provider: Provider) -> None:
        reauthenticate(as_ada)
        problem = link(as_ada, provider, 400, aud="somebody-else")
        assert refusal(problem) == (("id_token", "invalid_token"),)
        assert not SocialAccount.objects.exists()

    def test_anonymous_request_does_not_link(self, as_nobody: Api, provider: Provider) -> None:
        link(as_nobody, provider, 401)


class TestUnlink:
    def test_unlinked_provider_does_not_log_in(
        self, as_linked: Api, as_nobody: Api, ada: User, provider: Provider
    ) -> None:
        as_linked.delete("/users/social/google/")
        assert refusal(log_in(as_nobody, provider, 409))[0] == "account_exists"
        assert security_notices(ada)[1:] == [("provider_unlinked", "Google")]

    def test_unlink_requires_reauthentication(self, as_linked: Api, time_machine: Any) -> None:
        later(time_machine)
        problem = as_linked.delete("/users/social/google/", expect=403)
        assert refusal(problem)[0] == "reauthentication_required"

    @pytest.mark.parametrize("name", ["github", "unknown"])
    def test_unlinked_provider_is_not_found(self, as_linked: Api, name: str) -> None:
        assert refusal(as_linked.delete(f"/users/social/{name}/", expect=404)) == ("not_found",)

    def test_provider_that_was_turned_off_can_be_unlinked(
        self, as_linked: Api, settings: Any
    ) -> None:
        settings.SOCIALACCOUNT_PROVIDERS = {}
        as_linked.delete("/users/social/google/")
        assert not SocialAccount.objects.exists()

    def test_last_sign_in_method_stays(self, as_guest: Api, provider: Provider) -> None:
        token = provider.id_token("google", sub="guest")
        as_guest.post("/reauthenticate/", {"provider": "google", "id_token": token}, expect=204)
        problem = as_guest.delete("/users/social/google/", expect=409)
        assert refusal(problem) == ("last_way_in", "set_password")
        assert SocialAccount.objects.count() == 1

    def test_both_accounts_of_the_last_provider_stay(
        self, as_guest: Api, provider: Provider
    ) -> None:
        """Neither of two accounts at one provider is unlinked."""
        token = provider.id_token("google", sub="guest")
        as_guest.post("/reauthenticate/", {"provider": "google", "id_token": token}, expect=204)
        link(as_guest, provider, sub="second")
        as_guest.delete("/users/social/google/", expect=409)
        assert SocialAccount.objects.count() == 2


class TestReauthenticate:
    def reauthenticate(self, api: Api, provider: Provider, expect: int, **claims: Any) -> Any:
        body = {"provider": "google", "id_token": provider.id_token("google", **claims)}
        return api.post("/reauthenticate/", body, expect=expect)

    def test_provider_reauthenticates_a_user_without_a_password(
        self, as_guest: Api, provider: Provider
    ) -> None:
        link(as_guest, provider, 403, sub="second")
        self.reauthenticate(as_guest, provider, 204, sub="guest")
        link(as_guest, provider, 201, sub="second")

    @pytest.mark.parametrize("sub", ["4711", "stranger"])
    def test_token_of_another_user_does_not_reauthenticate(
        self, as_linked: Api, as_guest: Api, provider: Provider, sub: str
    ) -> None:
        problem = self.reauthenticate(as_guest, provider, 400, sub=sub)
        assert refusal(problem) == (("id_token", "invalid_token"),)
        link(as_guest, provider, 403, sub="second")

    @pytest.mark.parametrize("age_s", [301, 3500])
    def test_token_of_the_login_does_not_reauthenticate_later(
        self, as_guest: Api, provider: Provider, age_s: int
    ) -> None:
        """The finder of an unlocked phone may find it there."""
        issued = int(timezone.now().timestamp()) - age_s
        problem = self.reauthenticate(as_guest, provider, 400, sub="guest", iat=issued)
        assert refusal(problem) == (("id_token", "invalid_token"),)

    @pytest.mark.parametrize("issued", [None, "now", True, float("inf"), float("nan")])
    def test_token_without_a_time_does_not_reauthenticate(
        self, as_guest: Api, provider: Provider, issued: Any
    ) -> None:
        self.reauthenticate(as_guest, provider, 400, sub="guest", iat=issued)

    def test_code_of_another_user_does_not_reauthenticate(
        self, as_guest: Api, provider: Provider
    ) -> None:
        back, verifier = "http://localhost:3000/", "v" * 43
        person = {"id": 1, "login": "x", "emails": []}
        code = provider.agree("github", person, redirect_uri=back, verifier=verifier)
        body = {"provider": "github", "code": code, "redirect_uri": back} | {
            "code_verifier": verifier
        }
        problem = as_guest.post("/reauthenticate/", body, expect=400)
        assert refusal(problem) == (("code", "invalid_token"),)

    def test_access_token_does_not_reauthenticate_because_it_has_no_time(
        self, as_nobody: Api, provider: Provider
    ) -> None:
        person = {"id": "4711", "email": "ada@example.com"}
        proof = {"access_token": provider.give_token(Grant("facebook", person))}
        tokens = as_nobody.post("/login/social/facebook/", proof, expect=200)
        ada = Api(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}")
        problem = ada.post("/reauthenticate/", {"provider": "facebook"} | proof, expect=400)
        assert refusal(problem) == (("access_token", "invalid_token"),)


def code_of(secret: str) -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter))


class TestIdentity:
    def test_second_factor_is_required(
        self, as_linked: Api, as_nobody: Api, ada: User, provider: Provider
    ) -> None:
        secret = generate_totp_secret()
        TOTP.activate(ada, secret)
        needed = log_in(as_nobody, provider, 202)
        assert (needed["code"], needed["types"]) == ("mfa_required", ["totp"])
        finish = {"session_token": needed["session_token"], "code": code_of(secret)}
        tokens = as_nobody.post("/login/2fa/", finish, expect=200)
        Api(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}").get("/users/profile/")

    def test_inactive_person_cannot_log_in(
        self, as_linked: Api, as_nobody: Api, ada: User, provider: Provider
    ) -> None:
        deactivate(user=ada)
        assert refusal(log_in(as_nobody, provider, 401)) == ("invalid_credentials",)

    def test_address_that_changes_at_the_provider_changes_nothing_here(
        self, as_linked: Api, as_nobody: Api, ada: User, provider: Provider
    ) -> None:
        log_in(as_nobody, provider, email="new@example.com")
        ada.refresh_from_db()
        assert ada.email == "ada@example.com"
        assert list(EmailAddress.objects.values_list("email", flat=True)) == ["ada@example.com"]

    def test_same_id_at_another_provider_is_another_user(
        self, as_linked: Api, as_nobody: Api, ada: User, provider: Provider
    ) -> None:
        proof = {"id_token": provider.id_token("apple", email="other@example.com")}
        as_nobody.post("/login/social/apple/", proof, expect=200)
        assert User.objects.exclude(pk=ada.pk).get().email == "other@example.com"
