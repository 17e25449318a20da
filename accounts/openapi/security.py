"""Sessions, passwords, addresses."""

from typing import Any

from accounts.openapi import DONE, answer, shape
from accounts.serializers.passkeys import PasskeyProofSerializer
from accounts.serializers.security import (
    EmailSerializer,
    KeySerializer,
    KnownEmailSerializer,
    PasswordChangeSerializer,
    PasswordResetSerializer,
    ProofOptionsSerializer,
    ReauthenticateSerializer,
)
from core.api.openapi import example_body

_SESSION = {
    "id": 17,
    "created_at": "2027-05-02T08:00:00Z",
    "last_seen_at": "2027-05-03T19:12:00Z",
    "ip": "203.0.113.7",
    "device": "Firefox on Linux",
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "current": True,
    "kind": "api",
}
_ADDRESS = shape(email="string", email_verified="boolean")
_SAME_FOR_ALL: dict[int, str] = {202: "A mail is on its way, if there is somebody to send it to"}

SESSIONS: dict[str, Any] = {"example": _SESSION, "answers": "A page of sessions"}
END_OTHERS: dict[str, Any] = {**DONE, "operation_id": "sessions_end_others"}
END_ONE: dict[str, Any] = DONE
PASSWORD_CHANGE: dict[str, Any] = {"request_body": PasswordChangeSerializer, **DONE}
PASSWORD_RESET: dict[str, Any] = {"request_body": KnownEmailSerializer, "responses": _SAME_FOR_ALL}
PASSWORD_RESET_CONFIRM: dict[str, Any] = {"request_body": PasswordResetSerializer, **DONE}
EMAIL_VERIFY: dict[str, Any] = {
    "request_body": KeySerializer,
    "responses": {
        200: answer(
            "The address that is verified now",
            _ADDRESS,
            {"email": "ada@example.com", "email_verified": True},
        )
    },
}
EMAIL_RESEND: dict[str, Any] = {"request_body": KnownEmailSerializer, "responses": _SAME_FOR_ALL}
EMAIL_CHANGE: dict[str, Any] = {
    "request_body": EmailSerializer,
    "responses": {
        202: answer(
            "A mail is on its way to the new address",
            _ADDRESS,
            {"email": "ada@example.org", "email_verified": False},
        )
    },
}
EMAIL_CHANGE_UNDO: dict[str, Any] = {
    "request_body": KeySerializer,
    "responses": {
        200: answer(
            "The restored address",
            _ADDRESS,
            {"email": "ada@example.com", "email_verified": True},
        )
    },
}
PASSKEY_PROOF: dict[str, Any] = {
    "request_body": PasskeyProofSerializer,
    "responses": {
        200: answer(
            "The options",
            ProofOptionsSerializer,
            {
                "request_options": {
                    "publicKey": {
                        "rpId": "example.com",
                        "challenge": "lB1mR1y3…",
                        "allowCredentials": [{"type": "public-key", "id": "q83vEjRW…"}],
                        "userVerification": "preferred",
                    }
                }
            },
        ),
        204: "Done, if a `credential` was sent",
    },
}
REAUTHENTICATE: dict[str, Any] = {"request_body": ReauthenticateSerializer, **DONE}

example_body(
    PasswordChangeSerializer,
    {"current_password": "demo-password", "new_password": "correct horse battery"},
)
example_body(PasskeyProofSerializer, {})
example_body(EmailSerializer, {"email": "ada@demo.example.com"})
example_body(KnownEmailSerializer, {"email": "ada@demo.example.com"})
example_body(KeySerializer, {"key": "Mg:1vMkQx:2h8e…"})
example_body(PasswordResetSerializer, {"key": "2-czq1x…", "password": "correct horse battery"})
example_body(ReauthenticateSerializer, {"password": "demo-password"})
