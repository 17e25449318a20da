"""Log in as a client does, with an authenticator app (RFC 6238)."""

import base64
import hmac
import json
import struct
import time
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress

from accounts.models import User
from tests.client import Api, refusal
from tests.factories import PASSWORD

NEW_PASSWORD = "another fine password"
STEP_S = 30
WEAK_PASSWORDS = [  # of Ada, with the rule that each breaks
    ("short1", "password_too_short"),
    ("password", "password_too_common"),
    ("8375934857", "password_entirely_numeric"),
    ("ada@example.com", "password_too_similar"),
]
HOSTILE: list[Any] = ["a\x00b", "x" * 10_000, 5, True, None, [], {}, ["x"], {"x": "y"}, ""]


@dataclass(frozen=True)
class Factor:
    """The authenticator app and the recovery codes of a user."""

    secret: str
    recovery_codes: list[str]

    def code(self, step: int = 0) -> str:
        """Return the code that the app shows now, or `step` half minutes later."""
        counter = int(time.time()) // STEP_S + step
        digest = hmac.digest(base64.b32decode(self.secret), struct.pack(">Q", counter), "sha1")
        offset = digest[-1] & 0xF
        (number,) = struct.unpack(">I", digest[offset : offset + 4])
        return f"{(number & 0x7FFFFFFF) % 1_000_000:06}"

    def wrong_codes(self, number: int) -> list[str]:
        right = {self.code(step) for step in range(-2, 4)}
        return [code for code in map(str, range(100_000, 100_020)) if code not in right][:number]


def bearer(token: str, **headers: str) -> Api:
    return Api(HTTP_AUTHORIZATION=f"Bearer {token}", **headers)


def sign_in(login: str = "ada", password: str = PASSWORD) -> dict[str, str]:
    """Return the tokens of a user without a second factor."""
    body = {"username": login, "password": password}
    tokens: dict[str, str] = Api().post("/login/", body, expect=200)
    return tokens


def begin_login(login: str = "ada", password: str = PASSWORD) -> str:
    """Return the session_token of a login that waits for its second factor."""
    response = Api().post("/login/", {"username": login, "password": password}, expect=202)
    return str(response["session_token"])


def finish_login(session_token: str, code: str, expect: int = 200) -> Any:
    body = {"session_token": session_token, "code": code}
    return Api().post("/login/2fa/", body, expect=expect)


def verify(user: User) -> None:
    EmailAddress.objects.filter(user=user, email=user.email).update(verified=True)


def reauthenticate(api: Api, password: str = PASSWORD) -> None:
    """Confirm the identity for the next five minutes."""
    api.post("/reauthenticate/", {"password": password}, expect=204)


def reauthenticate_by_code(api: Api, code: str) -> None:
    """As `reauthenticate`, for users with a second factor."""
    api.post("/reauthenticate/", {"code": code}, expect=204)


def turn_on_totp(user: User) -> Factor:
    """Turn the second factor on in a session that ends afterwards. `code(0)` is used up."""
    verify(user)
    api = bearer(sign_in(user.username)["access"])
    reauthenticate(api)
    secret = api.get("/2fa/totp/")["secret"]
    response = api.post("/2fa/totp/", {"code": Factor(secret, []).code()})
    api.post("/logout/", expect=204)
    return Factor(secret, response["recovery_codes"])


def is_accepted(token: str) -> bool:
    """Return whether an access token is valid."""
    response = bearer(token).client.get("/api/users/profile/")
    assert response.status_code in (200, 401), response.content
    return bool(response.status_code == 200)


def refresh(tokens: dict[str, str], expect: int = 200) -> Any:
    return Api().post("/token/refresh/", {"refresh": tokens["refresh"]}, expect=expect)


def reuse_refresh_token(tokens: dict[str, str]) -> dict[str, str]:
    """Refresh twice and use the first token again, as a thief does; return the newest tokens."""
    newest: dict[str, str] = refresh(refresh(tokens))
    assert refusal(refresh(tokens, expect=401)) == ("token_not_valid",)
    return newest


def is_over(tokens: dict[str, str]) -> bool:
    """Return whether both tokens have stopped working; fail if only one has."""
    access_works = is_accepted(tokens["access"])
    body = {"refresh": tokens["refresh"]}
    response = Api().client.post("/api/token/refresh/", body)
    refresh_works = response.status_code == 200
    assert access_works == refresh_works, (access_works, response.content)
    if not refresh_works:
        assert refusal(response.json()) == ("token_not_valid",)
    return not access_works


def send_raw(api: Api, path: str, body: str, method: str = "post") -> Any:
    """Send a body that no JSON library of a client would send, such as lone surrogates."""
    call = getattr(api.client, method)
    return call(f"/api{path}", body, content_type="application/json")


def send_hostile(api: Api, path: str, body: dict[str, Any], field: str) -> None:
    """Check that each hostile value of one field gets a 400 with its name, or a refusal."""
    for value in HOSTILE:
        response = api.client.post(f"/api{path}", body | {field: value})
        assert response.status_code in (400, 401, 403), (value, response.content)
        assert response.headers["Content-Type"] == "application/problem+json"
    surrogate = json.dumps(body | {field: "\ud800"})
    response = send_raw(api, path, surrogate)
    assert refusal(response.json()) == ((field, "invalid_characters"),)
    without = {name: value for name, value in body.items() if name != field}
    assert (field, "required") in refusal(api.post(path, without, expect=400))
