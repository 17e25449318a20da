"""Forged tokens, tokens for other clients, and providers that do not respond."""

import hashlib
import hmac
import json
import time
from typing import Any

import jwt
import pytest
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.utils import base64url_encode

from accounts.allauth import adapters
from accounts.models import User
from tests.client import Api, refusal
from tests.ids import short_id
from tests.standins import StandInResponse
from tests.standins.provider import Grant, Provider, ec_key, rsa_key, sign

pytestmark = [
    pytest.mark.embedded,
    pytest.mark.slow,
]  # its statements are the same on every database

BY_ID_TOKEN = ["google", "apple", "facebook", "openid_connect"]
UNTRUE = ("id_token", "invalid_token")
KEYS = {
    "google": "/certs",
    "apple": "/jwks",
    "facebook": "/jwks",
    "openid_connect": "/.well-known/openid-configuration",
}


def try_in(api: Api, provider: str, expect: int = 400, **proof: str) -> tuple[Any, ...]:
    """Return the refusal, and check that no row was created."""
    problem = api.post(f"/login/social/{provider}/", proof, expect=expect)
    assert not User.objects.exists()
    assert not SocialAccount.objects.exists()
    return refusal(problem)


def by_hand(head: dict[str, Any], claims: str, secret: bytes) -> str:
    """Build a token that the library refuses to sign."""
    signed = b".".join(base64url_encode(part.encode()) for part in (json.dumps(head), claims))
    mac = hmac.new(secret, signed, hashlib.sha256).digest()
    return (signed + b"." + base64url_encode(mac)).decode()


def forge(kind: str, claims: dict[str, Any]) -> str:
    if kind == "wrong key":
        return sign(claims, key=rsa_key("a stranger's"))
    if kind == "missing kid":
        return sign(claims, kid=None)
    if kind == "unknown kid":
        return sign(claims, kid="unknown")
    if kind == "alg none":
        return jwt.encode(claims, "", algorithm="none", headers={"kid": "rsa"})
    if kind == "HS256 with the public key":
        pem = rsa_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return by_hand({"alg": "HS256", "kid": "rsa"}, json.dumps(claims), pem)
    if kind == "kid of another algorithm":
        return sign(claims, kid="ec")
    if kind == "kid is no text":
        return by_hand({"alg": "RS256", "kid": ["rsa"]}, json.dumps(claims), b"")
    if kind == "unknown algorithm":
        return by_hand({"alg": "XX999", "kid": "rsa"}, json.dumps(claims), b"")
    if kind == "head nested deep":
        return base64url_encode(b"[" * 6000).decode() + ".e30.e30"
    if kind == "claims nested deep":
        return by_hand({"alg": "RS256", "kid": "rsa"}, "[" * 6000, b"")
    assert kind == "signed by another algorithm"
    return sign(claims, key=ec_key(), algorithm="ES256", kid="rsa")


class TestForgery:
    @pytest.mark.parametrize("name", BY_ID_TOKEN)
    @pytest.mark.parametrize(
        "kind",
        [
            "wrong key",
            "missing kid",
            "unknown kid",
            "alg none",
            "HS256 with the public key",
            "kid of another algorithm",
            "kid is no text",
            "unknown algorithm",
            "head nested deep",
            "claims nested deep",
            "signed by another algorithm",
        ],
    )
    def test_forged_token_is_refused(
        self, as_nobody: Api, provider: Provider, name: str, kind: str
    ) -> None:
        token = forge(kind, provider.claims(name))
        assert try_in(as_nobody, name, id_token=token) == (UNTRUE,)

    @pytest.mark.parametrize("name", BY_ID_TOKEN)
    @pytest.mark.parametrize(
        "changes",
        [
            {"aud": "somebody-else"},
            {"aud": None},
            {"aud": {"the-client": 1}},
            {"iss": "https://evil.example.com"},
            {"iss": None},
            {"sub": None},
            {"sub": ""},
            {"sub": 4711},
            {"sub": "x" * 200},
            {"sub": "4711\x00"},
            {"name": "A\x00da"},
            {"family_name": "\ud800"},
            {"exp": None},
            {"exp": 1_000_000_000},
            {"exp": "9999999999"},
            {"exp": True},
            {"exp": 10**400, "jti": "1"},
            {"exp": float("inf"), "jti": "1"},
            {"exp": float("nan")},
            {"nbf": 9_999_999_999},
            {"iat": "yesterday"},
        ],
        ids=short_id,
    )
    def test_claims_that_are_not_for_us_are_refused(
        self, as_nobody: Api, provider: Provider, name: str, changes: dict[str, Any]
    ) -> None:
        token = provider.id_token(name, **changes)
        assert try_in(as_nobody, name, id_token=token) == (UNTRUE,)

    @pytest.mark.parametrize(
        "token", ["x", "a.b.c", "." * 9000, "é.é.é", "x" * 10_000, "e30.e30.e30"]
    )
    def test_invalid_token_is_refused(self, as_nobody: Api, provider: Provider, token: str) -> None:
        assert try_in(as_nobody, "google", id_token=token) == (UNTRUE,)
        assert provider.calls == []

    def test_too_long_a_token_is_refused(self, as_nobody: Api, provider: Provider) -> None:
        problem = try_in(as_nobody, "google", id_token="x" * 10_001)
        assert problem == (("id_token", "max_length"),)

    def test_token_with_an_id_works_once(self, as_nobody: Api, provider: Provider) -> None:
        token = provider.id_token("openid_connect", jti="once")
        as_nobody.post("/login/social/openid_connect/", {"id_token": token}, expect=200)
        problem = as_nobody.post("/login/social/openid_connect/", {"id_token": token}, expect=400)
        assert refusal(problem) == (UNTRUE,)

    @pytest.mark.parametrize("app_id", ["somebody-else", None])
    def test_access_token_of_another_app_is_refused(
        self, as_nobody: Api, provider: Provider, app_id: str | None
    ) -> None:
        person = {"id": "4711", "email": "ada@example.com", "app_id": app_id}
        token = provider.give_token(Grant("facebook", person))
        problem = try_in(as_nobody, "facebook", access_token=token)
        assert problem == (("access_token", "invalid_token"),)

    def test_unknown_access_token_is_refused(self, as_nobody: Api, provider: Provider) -> None:
        problem = try_in(as_nobody, "facebook", access_token="unknown")
        assert problem == (("access_token", "invalid_token"),)

    @pytest.mark.parametrize("name", ["google", "apple", "openid_connect"])
    def test_access_token_without_an_app_is_refused(
        self, as_nobody: Api, provider: Provider, name: str
    ) -> None:
        problem = try_in(as_nobody, name, access_token="whatever")
        assert problem == (("access_token", "invalid_token"),)

    def test_client_id_of_another_user_is_refused(self, as_nobody: Api, provider: Provider) -> None:
        problem = try_in(
            as_nobody, "google", id_token=provider.id_token("google"), client_id="somebody-else"
        )
        assert problem == (("client_id", "unknown_client"),)

    @pytest.mark.parametrize("name", ["apple", "google"])
    def test_second_client_id_of_ours_is_accepted(
        self, as_nobody: Api, provider: Provider, name: str
    ) -> None:
        token = provider.id_token(name, aud="com.example.app")
        proof = {"id_token": token, "client_id": "com.example.app"}
        as_nobody.post(f"/login/social/{name}/", proof, expect=200)

    @pytest.mark.parametrize("name", ["unknown", "openid", "x" * 50])
    def test_unknown_provider_is_not_found(
        self, as_nobody: Api, provider: Provider, name: str
    ) -> None:
        assert try_in(as_nobody, name, 404, id_token="x") == ("not_found",)

    def test_unconfigured_provider_is_not_found(self, as_nobody: Api) -> None:
        assert try_in(as_nobody, "google", 404, id_token="x") == ("not_found",)


class TestTrouble:
    @pytest.mark.parametrize("name", BY_ID_TOKEN)
    @pytest.mark.parametrize(
        "trouble",
        [
            StandInResponse(500, "Oops"),
            StandInResponse(503, "{}"),
            StandInResponse(429, "{}"),
            StandInResponse(200, "<!doctype html><title>Maintenance</title>"),
            StandInResponse(200, '{"keys": [{"kid": "rsa", "n": "'),
            StandInResponse(200, ""),
            StandInResponse(302, "", (("Location", "http://127.0.0.1:1/elsewhere"),)),
        ],
        ids=["500", "503", "429", "HTML", "truncated", "empty", "redirect"],
    )
    def test_failing_provider_gives_503(
        self, as_nobody: Api, provider: Provider, name: str, trouble: StandInResponse, caplog: Any
    ) -> None:
        token = provider.id_token(name)
        provider.trouble_at[KEYS[name]] = trouble
        assert try_in(as_nobody, name, 503, id_token=token) == ("provider_unavailable",)
        assert token not in caplog.text

    @pytest.mark.parametrize("name", BY_ID_TOKEN)
    @pytest.mark.parametrize(
        "body", ["null", "[]", "5", '{"keys": 5}', '{"rsa": 5}', '{"keys": [5]}']
    )
    def test_invalid_keys_are_refused(
        self, as_nobody: Api, provider: Provider, name: str, body: str
    ) -> None:
        provider.trouble_at[KEYS[name]] = StandInResponse(200, body)
        assert try_in(as_nobody, name, id_token=provider.id_token(name)) == (UNTRUE,)

    def test_redirect_is_not_followed(self, as_nobody: Api, provider: Provider) -> None:
        provider.trouble_at["/certs"] = StandInResponse(
            302, "", (("Location", f"{provider.url}/jwks"),)
        )
        try_in(as_nobody, "google", 503, id_token=provider.id_token("google"))
        assert [call.path for call in provider.calls] == ["/certs"]

    def test_unreachable_provider_gives_503(self, as_nobody: Api, provider: Provider) -> None:
        token = provider.id_token("google")
        provider.is_hanging_up = True
        assert try_in(as_nobody, "google", 503, id_token=token) == ("provider_unavailable",)

    def test_hanging_provider_times_out_after_seconds(
        self, as_nobody: Api, provider: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert adapters._READ_S <= 5
        monkeypatch.setattr(adapters, "_READ_S", 0.5)
        provider.is_hanging = True
        began = time.monotonic()
        problem = try_in(as_nobody, "google", 503, id_token=provider.id_token("google"))
        assert problem == ("provider_unavailable",)
        assert 0.5 <= time.monotonic() - began < 5

    def test_endless_response_is_not_read_to_its_end(
        self, as_nobody: Api, provider: Provider
    ) -> None:
        provider.trouble_at["/certs"] = StandInResponse(200, "[" + "1," * 5_000_000 + "1]")
        token = provider.id_token("google")
        assert try_in(as_nobody, "google", 503, id_token=token) == ("provider_unavailable",)

    @pytest.mark.parametrize(("pause_s", "most_s"), [(0.2, 2), (9, 8)], ids=["drips", "stalls"])
    def test_slow_endless_response_times_out(
        self,
        as_nobody: Api,
        provider: Provider,
        monkeypatch: pytest.MonkeyPatch,
        pause_s: float,
        most_s: float,
    ) -> None:
        monkeypatch.setattr(adapters, "_TOTAL_S", 1)
        monkeypatch.setattr(adapters, "_READ_S", 1)
        provider.pause_s = pause_s
        began = time.monotonic()
        token = provider.id_token("google")
        assert try_in(as_nobody, "google", 503, id_token=token) == ("provider_unavailable",)
        assert time.monotonic() - began < most_s
