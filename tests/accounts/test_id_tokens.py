"""An id_token is accepted once, for the client and the login that it was issued for."""

from typing import Any

import pytest
from allauth.usersessions.models import UserSession

from accounts.models import User
from core.models import LimitWindow
from core.tasks import forget_lapsed_limits
from tests.accounts.login import bearer, reauthenticate
from tests.client import Api, refusal
from tests.conftest import dead_redis
from tests.ids import short_id
from tests.standins.provider import CLIENT_ID, Grant, Provider

pytestmark = pytest.mark.slow

UNTRUE = (("id_token", "invalid_token"),)
WRONG_NONCE = (("nonce", "invalid_nonce"),)
BY_ID_TOKEN = ["google", "apple", "facebook", "openid_connect"]
VERIFIER = "v" * 43
HOME = "http://localhost:3000/login/oidc"


def log_in(name: str, expect: int = 200, **proof: str) -> Any:
    return Api().post(f"/login/social/{name}/", proof, expect=expect)


class TestOnce:
    @pytest.mark.parametrize("name", BY_ID_TOKEN)
    def test_token_logs_in_once(self, db: None, provider: Provider, name: str) -> None:
        """A token without `jti` worked until it expired, for up to 60 minutes."""
        token = provider.id_token(name)
        log_in(name, id_token=token)
        assert refusal(log_in(name, 400, id_token=token)) == UNTRUE
        assert UserSession.objects.count() == 1

    def test_use_is_remembered_without_a_cache(
        self, db: None, provider: Provider, settings: Any, nowhere: str
    ) -> None:
        settings.CACHES = dead_redis(nowhere)
        token = provider.id_token("google", jti="1")
        log_in("google", id_token=token)
        assert refusal(log_in("google", 400, id_token=token)) == UNTRUE

    def test_signature_in_other_letters_is_the_same_token(
        self, db: None, provider: Provider
    ) -> None:
        """Base64 can be written in several ways, so a hash of the whole token would differ."""
        token = provider.id_token("google")
        log_in("google", id_token=token)
        for variant in (f"{token}=", f"{token}==", f"{token[:-4]}!{token[-4:]}"):
            assert refusal(log_in("google", 400, id_token=variant)) == UNTRUE

    def test_token_of_a_login_does_not_reauthenticate_later(
        self, db: None, provider: Provider
    ) -> None:
        token = provider.id_token("google")
        api = bearer(log_in("google", id_token=token)["access"])
        body = {"provider": "google", "id_token": token}
        assert refusal(api.post("/reauthenticate/", body, expect=400)) == UNTRUE

    def test_token_reauthenticates_once(self, db: None, provider: Provider) -> None:
        api = bearer(log_in("google", id_token=provider.id_token("google"))["access"])
        body = {"provider": "google", "id_token": provider.id_token("google")}
        api.post("/reauthenticate/", body, expect=204)
        assert refusal(api.post("/reauthenticate/", body, expect=400)) == UNTRUE

    def test_token_that_a_rule_refused_links_the_account_afterwards(
        self, ada: User, as_ada: Api, provider: Provider
    ) -> None:
        """409 `account_exists` says to log in, then link. The same token does that once."""
        proof = {"id_token": provider.id_token("google")}
        assert refusal(log_in("google", 409, **proof)) == ("account_exists", "log_in_and_link")
        reauthenticate(as_ada)
        as_ada.post("/users/social/google/", proof)
        assert refusal(as_ada.post("/users/social/google/", proof, expect=400)) == UNTRUE

    def test_forged_token_leaves_no_row(self, db: None, provider: Provider) -> None:
        head, _, signature = provider.id_token("google").rpartition(".")
        log_in("google", 400, id_token=f"{head}.{signature[::-1]}")
        assert not LimitWindow.objects.exists()

    def test_expired_rows_are_removed(
        self, db: None, provider: Provider, time_machine: Any
    ) -> None:
        token = provider.id_token("google")
        log_in("google", id_token=token)
        expires_at = LimitWindow.objects.get().lapses_at
        time_machine.move_to(expires_at - 1)
        forget_lapsed_limits()
        assert LimitWindow.objects.count() == 1
        time_machine.move_to(expires_at + 61)
        forget_lapsed_limits()
        assert LimitWindow.objects.count() == 0

    @pytest.mark.parametrize("expires_at", [10**11, 10**400], ids=["year 5138", "never"])
    def test_token_that_lives_for_more_than_a_year_is_refused(
        self, db: None, provider: Provider, expires_at: int
    ) -> None:
        token = provider.id_token("google", exp=expires_at)
        assert refusal(log_in("google", 400, id_token=token)) == UNTRUE


class TestAuthorizedParty:
    @pytest.mark.parametrize("name", BY_ID_TOKEN)
    @pytest.mark.parametrize(
        "claims",
        [
            {"azp": "somebody-else"},
            {"azp": ""},
            {"azp": [CLIENT_ID]},
            {"azp": 1},
            {"aud": [CLIENT_ID, "somebody-else"]},
            {"aud": [CLIENT_ID, "somebody-else"], "azp": "somebody-else"},
        ],
        ids=short_id,
    )
    def test_token_issued_to_another_client_is_refused(
        self, db: None, provider: Provider, name: str, claims: dict[str, Any]
    ) -> None:
        token = provider.id_token(name, **claims)
        assert refusal(log_in(name, 400, id_token=token)) == UNTRUE

    @pytest.mark.parametrize(
        "claims",
        [
            {"azp": CLIENT_ID},
            {"azp": "com.example.app"},
            {"aud": [CLIENT_ID]},
            {"aud": [CLIENT_ID, "somebody-else"], "azp": CLIENT_ID},
        ],
        ids=short_id,
    )
    def test_token_issued_to_a_client_of_ours_is_accepted(
        self, db: None, provider: Provider, claims: dict[str, Any]
    ) -> None:
        log_in("google", id_token=provider.id_token("google", **claims))


class TestNonce:
    @pytest.mark.parametrize("name", BY_ID_TOKEN)
    def test_nonce_of_the_token_must_be_sent(self, db: None, provider: Provider, name: str) -> None:
        """A token from another user's login was accepted with any nonce."""
        token = provider.id_token(name, nonce="n-0S6_WzA2Mj")
        assert refusal(log_in(name, 400, id_token=token)) == WRONG_NONCE
        assert refusal(log_in(name, 400, id_token=token, nonce="another")) == WRONG_NONCE
        log_in(name, id_token=token, nonce="n-0S6_WzA2Mj")

    def test_token_without_the_nonce_that_was_sent_is_refused(
        self, db: None, provider: Provider
    ) -> None:
        problem = log_in("google", 400, id_token=provider.id_token("google"), nonce="n-0S6_WzA2Mj")
        assert refusal(problem) == WRONG_NONCE

    @pytest.mark.parametrize("nonce", ["", 5, ["x"], {"x": 1}, True])
    def test_nonce_that_is_no_text_matches_nothing(
        self, db: None, provider: Provider, nonce: Any
    ) -> None:
        token = provider.id_token("google", nonce=nonce)
        assert refusal(log_in("google", 400, id_token=token, nonce=str(nonce) or "x")) == (
            WRONG_NONCE
        )

    def test_nonce_is_checked_in_reauthentication(self, db: None, provider: Provider) -> None:
        api = bearer(log_in("google", id_token=provider.id_token("google"))["access"])
        body = {"provider": "google", "id_token": provider.id_token("google", nonce="right")}
        assert refusal(api.post("/reauthenticate/", body, expect=400)) == WRONG_NONCE
        api.post("/reauthenticate/", body | {"nonce": "right"}, expect=204)

    @pytest.mark.parametrize(("nonce", "status"), [("right", 200), ("wrong", 400)])
    def test_nonce_sent_with_a_code_is_compared_with_its_id_token(
        self, db: None, provider: Provider, nonce: str, status: int
    ) -> None:
        person = {"sub": "4711", "email": "ada@example.com", "nonce": "right"}
        code = provider.agree("openid_connect", person, redirect_uri=HOME, verifier=VERIFIER)
        body = {"code": code, "redirect_uri": HOME, "code_verifier": VERIFIER, "nonce": nonce}
        log_in("openid_connect", status, **body)

    def test_nonce_with_an_access_token_is_refused(self, db: None, provider: Provider) -> None:
        """An access token has no nonce to compare with."""
        person = {"id": "4711", "email": "ada@example.com"}
        token = provider.give_token(Grant("facebook", person))
        problem = log_in("facebook", 400, access_token=token, nonce="x")
        assert refusal(problem) == WRONG_NONCE
