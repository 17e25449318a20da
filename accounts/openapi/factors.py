"""Second factors, passkeys, providers."""

from typing import Any

from accounts.openapi import DONE, answer
from accounts.serializers.passkeys import NewPasskeySerializer
from accounts.serializers.security import (
    CodeSerializer,
    CreationOptionsSerializer,
    LinkSerializer,
    PasskeySerializer,
    ProofSerializer,
    RecoveryCodesLeftSerializer,
    RecoveryCodesSerializer,
    TotpSerializer,
)
from core.api.openapi import EMPTY_BODY, example_body

_CODES = {"recovery_codes": ["48259163", "90417726", "…"]}
_PASSKEY = {
    "id": 4,
    "name": "Phone",
    "created_at": "2027-05-02T08:00:00Z",
    "last_used_at": "2027-05-03T19:12:00Z",
}
_LINK = {
    "provider": "github",
    "uid": "583231",
    "linked_at": "2027-05-02T08:00:00Z",
    "last_used_at": "2027-05-03T19:12:00Z",
}
_CREATION_OPTIONS = {
    "creation_options": {
        "publicKey": {
            "rp": {"id": "example.com", "name": "Event Booking"},
            "user": {"id": "Mg", "name": "ada@example.com", "displayName": "ada"},
            "challenge": "lB1mR1y3…",
            "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
        }
    }
}

TOTP: dict[str, Any] = {
    "responses": {
        200: answer(
            "`secret`, `otpauth_url` and `qr_svg` only while it is off and for five minutes after "
            "`POST /api/reauthenticate/`; else null",
            TotpSerializer,
            {
                "enabled": False,
                "secret": "JBSWY3DPEHPK3PXP",
                "otpauth_url": "otpauth://totp/ada%40example.com?secret=JBSWY3DPEHPK3PXP",
                "qr_svg": "<svg …",
            },
        )
    }
}
TOTP_ON: dict[str, Any] = {
    "request_body": CodeSerializer,
    "responses": {201: answer("It is on", RecoveryCodesSerializer, _CODES)},
}
TOTP_OFF: dict[str, Any] = DONE
RECOVERY_CODES: dict[str, Any] = {
    "responses": {
        200: answer("What is left", RecoveryCodesLeftSerializer, {"left": 9, "total": 10})
    }
}
RECOVERY_CODES_NEW: dict[str, Any] = {
    "request_body": EMPTY_BODY,
    "responses": {201: answer("The new codes", RecoveryCodesSerializer, _CODES)},
}
PASSKEYS: dict[str, Any] = {"example": _PASSKEY, "answers": "A page of passkeys"}
PASSKEY_ADD: dict[str, Any] = {
    "request_body": NewPasskeySerializer,
    "responses": {
        200: answer("The options", CreationOptionsSerializer, _CREATION_OPTIONS),
        201: answer(
            "The passkey; `recovery_codes` come with the first factor",
            PasskeySerializer,
            {**_PASSKEY, **_CODES},
        ),
    },
}
PASSKEY_REMOVE: dict[str, Any] = DONE
LINKS: dict[str, Any] = {"example": _LINK, "answers": "A page of linked providers"}
LINK: dict[str, Any] = {
    "request_body": ProofSerializer,
    "responses": {201: answer("The link", LinkSerializer, _LINK)},
}
UNLINK: dict[str, Any] = DONE

example_body(CodeSerializer, {"code": "123456"})
example_body(NewPasskeySerializer, {})
