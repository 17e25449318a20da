"""Forged, altered and old tokens."""

import base64
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from allauth.usersessions.models import UserSession
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework_simplejwt.settings import api_settings

from accounts.models import User
from tests.accounts.login import bearer, is_accepted, sign_in
from tests.client import Api, refusal
from tests.factories import event_body
from tests.ids import short_id

pytestmark = pytest.mark.slow

Claims = dict[str, Any]


@pytest.fixture
def tokens(ada: User) -> dict[str, str]:
    return sign_in()


@pytest.fixture
def claims(tokens: dict[str, str]) -> Claims:
    """Return the claims of a valid access token."""
    return dict(jwt.decode(tokens["access"], options={"verify_signature": False}))


def as_refresh(claims: Claims) -> Claims:
    return claims | {"token_type": "refresh"}


def sign(claims: Claims, key: Any = None, algorithm: str = "HS256", **header: Any) -> str:
    """Sign claims as the product does, unless other arguments are given."""
    return jwt.encode(claims, key or api_settings.SIGNING_KEY, algorithm, headers=header)


def unsigned(header: Claims, claims: Claims, signature: str = "") -> str:
    parts = (json.dumps(part).encode() for part in (header, claims))
    head, body = (base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    return f"{head}.{body}.{signature}"


def assert_refused(access: str, refresh: str) -> None:
    """Check that both tokens are refused, and that no session ends."""
    before = UserSession.objects.count()
    problem = bearer(access).get("/users/profile/", expect=401)
    assert refusal(problem) == ("token_not_valid",)
    problem = Api().post("/token/refresh/", {"refresh": refresh}, expect=401)
    assert refusal(problem) == ("token_not_valid",)
    assert UserSession.objects.count() == before


def test_token_signed_as_we_do_works(claims: Claims) -> None:
    """Control for the other tests."""
    assert is_accepted(sign(claims))


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", "", None, "HS0", ["none"]])
@pytest.mark.parametrize("signature", ["", "x", "AAAA"])
def test_unsigned_token_is_refused(claims: Claims, name: Any, signature: str) -> None:
    header = {"alg": name, "typ": "JWT"}
    refresh = unsigned(header, as_refresh(claims), signature)
    assert_refused(unsigned(header, claims, signature), refresh)


def test_token_without_an_algorithm_is_refused(claims: Claims) -> None:
    assert_refused(unsigned({}, claims, "x"), unsigned({}, as_refresh(claims), "x"))


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_other_algorithm_with_our_key_is_refused(claims: Claims, algorithm: str) -> None:
    assert_refused(sign(claims, algorithm=algorithm), sign(as_refresh(claims), algorithm=algorithm))


def test_key_pair_of_a_stranger_is_refused(claims: Claims) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert_refused(sign(claims, key, "RS256"), sign(as_refresh(claims), key, "RS256"))
    numbers = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    assert_refused(
        sign(claims, key, "RS256", jwk=numbers), sign(as_refresh(claims), key, "RS256", jwk=numbers)
    )
    # The public key as the secret of an HMAC. The library refuses to sign so; attackers do not.
    hmac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    forged = []
    for body in (claims, as_refresh(claims)):
        head = unsigned({"alg": "HS256", "typ": "JWT"}, body).rpartition(".")[0]
        signature = base64.urlsafe_b64encode(hmac.sign(head.encode(), public)).decode().rstrip("=")
        forged.append(f"{head}.{signature}")
    assert_refused(*forged)


@pytest.mark.parametrize(
    "key",
    ["x" * 50, " " * 40, "secret" * 8, settings.SECRET_KEY],
    ids=["x", "blank", "word", "ours"],
)
def test_foreign_key_is_refused(claims: Claims, key: str) -> None:
    assert_refused(sign(claims, key), sign(as_refresh(claims), key))


def test_tokens_have_a_key_of_their_own() -> None:
    assert api_settings.SIGNING_KEY not in (settings.SECRET_KEY, *settings.ENCRYPTION_KEYS)


@pytest.mark.parametrize(
    "header",
    [
        {"kid": "../../dev/null"},
        {"kid": "' UNION SELECT 'x"},
        {"kid": "x\x00"},
        {"jku": "http://127.0.0.1:9/keys.json"},
        {"x5u": "http://127.0.0.1:9/chain.pem"},
        {"jwk": {"kty": "oct", "k": base64.urlsafe_b64encode(b"x" * 50).decode()}},
        {"x5c": ["MIIB"]},
        {"crit": ["b64"], "b64": False},
    ],
    ids=lambda header: next(iter(header)),
)
def test_key_in_the_header_is_not_used(claims: Claims, header: Claims) -> None:
    key = "x" * 50
    assert_refused(sign(claims, key, **header), sign(as_refresh(claims), key, **header))


@pytest.mark.parametrize("token_type", ["refresh", "sliding", "", None, 5, ["access"]])
def test_token_of_another_type_is_no_access_token(claims: Claims, token_type: Any) -> None:
    assert not is_accepted(sign(claims | {"token_type": token_type}))


@pytest.mark.parametrize("token_type", ["access", "sliding", "", None, 5, ["refresh"]])
def test_token_of_another_type_is_no_refresh_token(claims: Claims, token_type: Any) -> None:
    body = {"refresh": sign(claims | {"token_type": token_type})}
    assert refusal(Api().post("/token/refresh/", body, expect=401)) == ("token_not_valid",)


@pytest.mark.parametrize("claim", ["exp", "token_type", "user_id", "sid"])
def test_token_without_a_claim_is_refused(claims: Claims, claim: str) -> None:
    claims.pop(claim)
    assert_refused(sign(claims), sign(as_refresh(claims) if claim != "token_type" else claims))


@pytest.mark.parametrize("claim", ["user_id", "sid"])
@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        "1 OR 1=1",
        "-1",
        "0",
        "٣",
        "1_0",
        " 1",
        "9" * 30,
        "9" * 400,
        "\x00",
        "\ud800",
        -1,
        0,
        10**18,
        10**30,
        1e400,
        2.5,
        float("nan"),
        None,
        [],
        [1],
        {},
        {"$gt": 0},
    ],
    ids=short_id,
)
def test_odd_claim_is_refused(claims: Claims, claim: str, value: Any) -> None:
    """Such tokens need our key; they must not crash either."""
    odd = claims | {claim: value}
    assert_refused(sign(odd), sign(as_refresh(odd)))


@pytest.mark.parametrize("jti", ["", "x", None, 5, [], {}, True, "9" * 400, "\x00"])
def test_odd_id_of_a_refresh_token_is_refused(claims: Claims, jti: Any) -> None:
    body = {"refresh": sign(as_refresh(claims) | {"jti": jti})}
    Api().post("/token/refresh/", body, expect=401)


@pytest.mark.parametrize("exp", ["x", None, [], {}, 1e400, -1, 0])
def test_odd_expiry_is_refused(claims: Claims, exp: Any) -> None:
    assert_refused(sign(claims | {"exp": exp}), sign(as_refresh(claims) | {"exp": exp}))


def test_expired_token_is_refused(claims: Claims) -> None:
    claims["exp"] = timezone.now() - timedelta(seconds=1)
    assert_refused(sign(claims), sign(as_refresh(claims)))


def test_token_of_the_future_is_refused(claims: Claims) -> None:
    claims["nbf"] = timezone.now() + timedelta(minutes=1)
    assert_refused(sign(claims), sign(as_refresh(claims)))


def test_session_of_another_user_is_refused(claims: Claims, sam: User) -> None:
    sign_in("sam")
    session = UserSession.objects.get(user=sam)
    mixed = [claims | {"sid": str(session.pk)}, claims | {"user_id": str(sam.pk)}]
    for altered in mixed:
        assert_refused(sign(altered), sign(as_refresh(altered)))


def test_rights_in_the_claims_are_ignored(claims: Claims) -> None:
    more = claims | {"is_staff": True, "is_organizer": True, "username": "alma"}
    api = bearer(sign(more))
    assert api.get("/users/profile/")["is_organizer"] is False
    api.post("/events/", event_body(), expect=403)


@pytest.mark.parametrize("cut", [1, 5, 60, 200])
def test_truncated_token_is_refused(tokens: dict[str, str], cut: int) -> None:
    assert_refused(tokens["access"][:-cut], tokens["refresh"][:-cut])


@pytest.mark.parametrize("part", [0, 1])
def test_altered_token_is_refused(tokens: dict[str, str], part: int) -> None:
    altered = []
    for token in (tokens["access"], tokens["refresh"]):
        parts = token.split(".")
        parts[part] = parts[part][:8] + ("A" if parts[part][8] != "A" else "B") + parts[part][9:]
        altered.append(".".join(parts))
    assert_refused(*altered)


def test_huge_token_is_refused(claims: Claims) -> None:
    assert not is_accepted("x" * 100_000)
    assert not is_accepted(f"{'x' * 50_000}.{'y' * 50_000}.z")
    problem = Api().post("/token/refresh/", {"refresh": "x" * 100_000}, expect=400)
    assert refusal(problem) == (("refresh", "max_length"),)


@pytest.mark.parametrize("value", ["", None, 5, True, [], {}, ["x"], "a\x00b"])
def test_refresh_that_is_no_text_is_refused(db: None, value: Any) -> None:
    response = Api().client.post("/api/token/refresh/", {"refresh": value})
    assert response.status_code in (400, 401)


def test_stale_bearer_does_not_hinder_a_refresh(tokens: dict[str, str]) -> None:
    bearer("nonsense").post("/token/refresh/", {"refresh": tokens["refresh"]}, expect=200)


def test_accepted_token_is_refused_once_it_expires(
    tokens: dict[str, str], time_machine: Any
) -> None:
    """Its signature is not checked again, its age is."""
    api = bearer(tokens["access"])
    api.get("/users/profile/")
    time_machine.move_to(timezone.now() + timedelta(minutes=30, seconds=1))
    assert refusal(api.get("/users/profile/", expect=401)) == ("token_not_valid",)


class TestFormerKey:
    """A new SECRET_KEY with the old one in SECRET_KEY_FALLBACKS logs nobody out."""

    FORMER = "a former key of sixty-four hexadecimal digits, as settings make it"

    @pytest.fixture(autouse=True)
    def _fallback(self, settings: Settings) -> None:
        settings.JWT_FALLBACK_KEYS = ["another former key, which signed nothing here", self.FORMER]

    def test_its_tokens_work(self, claims: Claims) -> None:
        bearer(sign(claims, self.FORMER)).get("/users/profile/")

    def test_its_refresh_token_is_exchanged_for_one_of_the_current_key(
        self, tokens: dict[str, str]
    ) -> None:
        payload = jwt.decode(tokens["refresh"], options={"verify_signature": False})
        fresh = Api().post("/token/refresh/", {"refresh": sign(payload, self.FORMER)}, expect=200)
        for token in fresh.values():
            assert jwt.decode(token, api_settings.SIGNING_KEY, ["HS256"])["sid"] == payload["sid"]

    def test_its_expired_token_is_refused(self, claims: Claims) -> None:
        expired = claims | {"exp": int((timezone.now() - timedelta(seconds=1)).timestamp())}
        assert_refused(sign(expired, self.FORMER), sign(as_refresh(expired), self.FORMER))

    def test_token_of_an_unknown_key_is_refused(self, claims: Claims) -> None:
        unknown = "a key that was never one of ours, and is long enough for HS256"
        assert_refused(sign(claims, unknown), sign(as_refresh(claims), unknown))
