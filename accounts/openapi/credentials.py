"""Logins, sessions, passwords, e-mail addresses, second factors and providers."""

from typing import Any

from drf_yasg import openapi

from accounts.openapi import DONE, operation, responds, shape
from accounts.serializers import login, passkeys, security
from core.api.openapi import EMPTY_BODY, describe

# Examples

_TOKENS = {"access": "eyJhbGciOiJIUzI1NiIs…", "refresh": "eyJhbGciOiJIUzI1NiIs…"}
_SESSION_TOKEN = {"session_token": "gAAAAABmX…"}
_PENDING = {"code": "mfa_required", "types": ["recovery_codes", "totp"], **_SESSION_TOKEN}
_REGISTERED = {
    "id": 2, "username": "ada", "display_name": "ada", "email": "ada@example.com",
    "is_organizer": False,
}  # fmt: skip
_REGISTRATION = {
    "username": "grace", "email": "grace@example.com", "password": "correct horse battery",
    "is_organizer": True,
}  # fmt: skip
_PROVIDER_CODE = {
    "code": "6d2c9d6f1f…", "redirect_uri": "http://localhost:3000/login/github",
    "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
}  # fmt: skip
_SESSION = {
    "id": 17, "created_at": "2027-05-02T08:00:00Z", "last_seen_at": "2027-05-03T19:12:00Z",
    "ip": "203.0.113.7", "device": "Firefox on Linux",
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "current": True, "kind": "api",
}  # fmt: skip
_NEW_PASSWORD = {"current_password": "demo-password", "new_password": "correct horse battery"}
_RESET = {"key": "2-czq1x…", "password": "correct horse battery"}
_VERIFIED = {"email": "ada@example.com", "email_verified": True}
_UNVERIFIED = {"email": "ada@example.org", "email_verified": False}
_TOTP = {
    "enabled": False, "secret": "JBSWY3DPEHPK3PXP",
    "otpauth_url": "otpauth://totp/ada%40example.com?secret=JBSWY3DPEHPK3PXP",
    "qr_svg": "<svg …",
}  # fmt: skip
_CODES = {"recovery_codes": ["48259163", "90417726", "…"]}
_LAST_USED_AT = {"last_used_at": "2027-05-03T19:12:00Z"}
_PASSKEY = {"id": 4, "name": "Phone", "created_at": "2027-05-02T08:00:00Z", **_LAST_USED_AT}
_LINK = {
    "provider": "github", "uid": "583231", "linked_at": "2027-05-02T08:00:00Z", **_LAST_USED_AT,
}  # fmt: skip
_CREATION_OPTIONS = {"creation_options": {"publicKey": {
    "rp": {"id": "example.com", "name": "Event Booking"},
    "user": {"id": "Mg", "name": "ada@example.com", "displayName": "ada"},
    "challenge": "lB1mR1y3…",
    "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
}}}  # fmt: skip


def _request_options(allowed: list[dict[str, str]], verification: str) -> dict[str, Any]:
    return {"request_options": {"publicKey": {
        "rpId": "example.com", "challenge": "lB1mR1y3…", "allowCredentials": allowed,
        "userVerification": verification,
    }}}  # fmt: skip


# Login

_TOKENS_OF_SESSION = responds(200, "Tokens of a new session", login.TokensSerializer, _TOKENS)
_WAITS = "The login waits for the second factor: `/api/login/2fa/`"
_LOGIN = _TOKENS_OF_SESSION | responds(202, _WAITS, login.SecondFactorNeededSerializer, _PENDING)
_OPTIONS = _SESSION_TOKEN | _request_options([], "required")
_OR_TOKENS = "The options; with a `credential`, tokens as in the response of login"
_REPEATABLE = "New tokens. The old refresh token is used up; for 10 s it returns the same tokens"
_PROVIDER = openapi.Parameter(
    "provider",
    openapi.IN_PATH,
    type=openapi.TYPE_STRING,
    description="`google`, `github`, `facebook`, `apple` or `openid_connect`",
)

REGISTER = operation(
    login.RegisterSerializer,
    responds(201, "The account", login.RegisterSerializer, _REGISTERED),
    example=_REGISTRATION,
)
LOGIN = operation(  # as a user of the demo
    login.LoginSerializer, _LOGIN, example={"username": "olive", "password": "demo-password"}
)
SECOND_FACTOR = operation(
    login.SecondFactorSerializer, _TOKENS_OF_SESSION, example=_SESSION_TOKEN | {"code": "123456"}
)
PASSKEY_LOGIN = operation(
    passkeys.PasskeyLoginSerializer,
    responds(200, _OR_TOKENS, security.RequestOptionsSerializer, _OPTIONS),
    example={},
)
PROVIDER_LOGIN = operation(
    security.ProofSerializer, _LOGIN, example=_PROVIDER_CODE, manual_parameters=[_PROVIDER]
)
REFRESH = operation(
    login.RefreshSerializer, responds(200, _REPEATABLE, login.TokensSerializer, _TOKENS)
)
LOGOUT = operation(login.LogoutSerializer)

# Sessions, passwords and e-mail addresses

_EMAIL = shape(email="string", email_verified="boolean")
_MAIL_REQUESTED: dict[int, Any] = {202: "A mail follows if the address belongs to an account"}
_MY_EMAIL = {"email": "ada@demo.example.com"}
_MINE = _request_options([{"type": "public-key", "id": "q83vEjRW…"}], "preferred")

SESSIONS = describe("A page of sessions", _SESSION)
END_OTHERS = {"operation_id": "sessions_end_others"}
PASSWORD_CHANGE = operation(security.PasswordChangeSerializer, example=_NEW_PASSWORD)
PASSWORD_RESET = EMAIL_RESEND = operation(
    security.KnownEmailSerializer, _MAIL_REQUESTED, example=_MY_EMAIL
)
PASSWORD_RESET_CONFIRM = operation(security.PasswordResetSerializer, example=_RESET)
EMAIL_VERIFY = operation(
    security.KeySerializer,
    responds(200, "The verified address", _EMAIL, _VERIFIED),
    example={"key": "Mg:1vMkQx:2h8e…"},
)
EMAIL_CHANGE = operation(
    security.EmailSerializer,
    responds(202, "A mail to the new address follows", _EMAIL, _UNVERIFIED),
    example=_MY_EMAIL,
)
EMAIL_CHANGE_UNDO = operation(
    security.KeySerializer, responds(200, "The restored address", _EMAIL, _VERIFIED)
)
PASSKEY_PROOF = operation(
    passkeys.PasskeyProofSerializer,
    DONE | responds(200, "The options", security.ProofOptionsSerializer, _MINE),
    example={},
)
REAUTHENTICATE = operation(security.ReauthenticateSerializer, example={"password": "demo-password"})

# Second factors, passkeys and providers

_NULL_UNLESS = (
    "`secret`, `otpauth_url` and `qr_svg` are null unless it is off and `POST "
    "/api/reauthenticate/` was in the last five minutes"
)
_ADDED = "The passkey; `recovery_codes` come with the first factor"

TOTP = operation(None, responds(200, _NULL_UNLESS, security.TotpSerializer, _TOTP))
TOTP_ON = operation(
    security.CodeSerializer,
    responds(201, "It is on", security.RecoveryCodesSerializer, _CODES),
    example={"code": "123456"},
)
RECOVERY_CODES = operation(
    None,
    responds(200, "Unused codes", security.RecoveryCodesLeftSerializer, {"left": 9, "total": 10}),
)
RECOVERY_CODES_NEW = operation(
    EMPTY_BODY, responds(201, "The new codes", security.RecoveryCodesSerializer, _CODES)
)
PASSKEYS = describe("A page of passkeys", _PASSKEY)
PASSKEY_ADD = operation(
    passkeys.NewPasskeySerializer,
    responds(200, "The options", security.CreationOptionsSerializer, _CREATION_OPTIONS)
    | responds(201, _ADDED, security.PasskeySerializer, _PASSKEY | _CODES),
    example={},
)
LINKS = describe("A page of linked providers", _LINK)
LINK = operation(
    security.ProofSerializer, responds(201, "The link", security.LinkSerializer, _LINK)
)
