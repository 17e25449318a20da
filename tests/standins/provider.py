"""Identity providers: OpenID Connect, Google, Apple, Facebook and GitHub."""

import base64
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from tests.standins import Call, StandIn, StandInResponse

CLIENT_ID = "the-client"
SECRET = "the-secret-of-the-client-in-32-bytes"
TEAM_ID, KEY_ID = "the-team", "the-key"  # Apple's names for the signer of the client secret
APP_TOKEN = "the-token-of-the-app"
_LOGINS = count(1)
_JSON = (("Content-Type", "application/json"),)
_ISSUERS = {
    "google": "https://accounts.google.com",
    "apple": "https://appleid.apple.com",
    "facebook": "https://www.facebook.com",
}


@lru_cache(maxsize=2)
def rsa_key(name: str = "the provider's") -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@lru_cache(maxsize=2)
def ec_key(name: str = "the provider's") -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def pem_of(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def challenge_of(verifier: str) -> str:
    """Return the S256 code challenge (RFC 7636, 4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@lru_cache(maxsize=1)
def certificate() -> str:
    """Return a certificate of the RSA key, which is how Google publishes keys."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stand-in")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(rsa_key().public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(rsa_key(), hashes.SHA256())
    )
    return signed.public_bytes(Encoding.PEM).decode()


@dataclass(frozen=True)
class Grant:
    """A consent given in the browser; a code or token refers to it."""

    provider: str
    person: dict[str, Any]
    redirect_uri: str = ""
    challenge: str = ""


class Provider(StandIn):
    """All providers at once. `trouble_at`: a response by path, instead of the right one."""

    def __init__(self) -> None:
        super().__init__()
        self.codes: dict[str, Grant] = {}
        self.tokens: dict[str, Grant] = {}
        self.trouble_at: dict[str, StandInResponse] = {}

    def issuer(self, provider: str) -> str:
        return _ISSUERS.get(provider, self.url)

    def claims(self, provider: str, **changes: Any) -> dict[str, Any]:
        """Return the claims of an id_token, each time different. None removes a claim."""
        now = int(time.time())
        claims = {
            "iss": self.issuer(provider),
            "aud": CLIENT_ID,
            "sub": "4711",
            "email": "ada@example.com",
            "email_verified": True,
            "iat": now,
            "exp": now + 3600,
            "sid": f"login-{next(_LOGINS)}",
        } | changes
        return {name: value for name, value in claims.items() if value is not None}

    def id_token(self, provider: str, **changes: Any) -> str:
        return sign(self.claims(provider, **changes))

    def agree(
        self, provider: str, person: dict[str, Any], *, redirect_uri: str, verifier: str
    ) -> str:
        """Record a consent and return the code for the redirect."""
        code = f"code-{len(self.codes) + 1}"
        self.codes[code] = Grant(provider, person, redirect_uri, challenge_of(verifier))
        return code

    def give_token(self, grant: Grant) -> str:
        token = f"token-{len(self.tokens) + 1}"
        self.tokens[token] = grant
        return token

    def respond(self, call: Call) -> StandInResponse:
        path = urlsplit(call.path).path
        if path in self.trouble_at:
            return self.trouble_at[path]
        query = call.body if call.method == "POST" else urlsplit(call.path).query
        form = {name: values[0] for name, values in parse_qs(query).items()}
        routes: dict[str, Callable[[Call, dict[str, str]], Any]] = {
            "/.well-known/openid-configuration": lambda call, form: self._discovery(),
            "/jwks": lambda call, form: jwks(),
            "/certs": lambda call, form: {"rsa": certificate()},
            "/token": self._token,
            "/userinfo": lambda call, form: self._person(call, "Bearer"),
            "/github/login/oauth/access_token": self._token,
            "/github/user": lambda call, form: self._github_user(call),
            "/github/user/emails": lambda call, form: self._person(call, "token")["emails"],
            "/graph/oauth/access_token": self._token,
            "/graph/debug_token": lambda call, form: self._debug_token(form),
            "/graph/me": lambda call, form: self.tokens[form["access_token"]].person,
        }
        if path not in routes:
            return StandInResponse(404, {"error": "not_found"}, _JSON)
        try:
            found = routes[path](call, form)
        except KeyError:
            return StandInResponse(401, {"error": "invalid_token"}, _JSON)
        return found if isinstance(found, StandInResponse) else StandInResponse(200, found, _JSON)

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def _token(self, call: Call, form: dict[str, str]) -> Any:
        if form.get("grant_type") == "client_credentials" and _knows_secret(form):
            return {"access_token": APP_TOKEN, "token_type": "bearer"}
        grant = self.codes.pop(form.get("code", ""), None)
        if (
            grant is None
            or not _knows_secret(form)
            or form.get("redirect_uri") != grant.redirect_uri
            or challenge_of(form.get("code_verifier", "")) != grant.challenge
        ):
            # GitHub responds with 200, the others with 400 (RFC 6749, 5.2).
            is_github = call.path.startswith("/github")
            error = "bad_verification_code" if is_github else "invalid_grant"
            return StandInResponse(200 if is_github else 400, {"error": error}, _JSON)
        tokens = {"access_token": self.give_token(grant), "token_type": "bearer"}
        if grant.provider in ("google", "apple", "openid_connect"):
            tokens["id_token"] = self.id_token(grant.provider, **grant.person)
        return tokens

    def _person(self, call: Call, scheme: str) -> dict[str, Any]:
        return self.tokens[call.headers["Authorization"].removeprefix(f"{scheme} ")].person

    def _github_user(self, call: Call) -> dict[str, Any]:
        person = self._person(call, "token")
        return {name: value for name, value in person.items() if name != "emails"}

    def _debug_token(self, form: dict[str, str]) -> Any:
        if form["access_token"] != APP_TOKEN:
            return StandInResponse(400, {"error": {"type": "OAuthException", "code": 190}}, _JSON)
        if form["input_token"] not in self.tokens:
            return {"data": {"error": {"code": 190}, "is_valid": False, "scopes": []}}
        app_id = self.tokens[form["input_token"]].person.get("app_id", CLIENT_ID)
        return {"data": {"app_id": app_id, "is_valid": True, "type": "USER"}}


def jwks() -> dict[str, Any]:
    return {
        "keys": [
            RSAAlgorithm.to_jwk(rsa_key().public_key(), as_dict=True)
            | {"kid": "rsa", "use": "sig", "alg": "RS256"},
            ECAlgorithm.to_jwk(ec_key().public_key(), as_dict=True)
            | {"kid": "ec", "use": "sig", "alg": "ES256"},
        ]
    }


def sign(
    claims: dict[str, Any],
    *,
    key: Any = None,
    algorithm: str = "RS256",
    kid: str | None = "rsa",
) -> str:
    """Sign claims as an id_token, by default with the provider's own RSA key."""
    headers = {} if kid is None else {"kid": kid}
    return jwt.encode(claims, key or rsa_key(), algorithm=algorithm, headers=headers)


def _knows_secret(form: dict[str, str]) -> bool:
    """Apple's secret is a token signed by the team; the others' is a password."""
    secret = form.get("client_secret", "")
    if form.get("client_id") != CLIENT_ID:
        return False
    if secret == SECRET:
        return True
    try:
        claims = jwt.decode(
            secret,
            ec_key("the team's").public_key(),
            algorithms=["ES256"],
            audience=_ISSUERS["apple"],
        )
    except jwt.InvalidTokenError:
        return False
    return bool(claims["iss"] == TEAM_ID and claims["sub"] == CLIENT_ID)
