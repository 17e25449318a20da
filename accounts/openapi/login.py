"""Registering, logging in, refreshing, logging out."""

from typing import Any

from drf_yasg import openapi

from accounts.openapi import answer
from accounts.serializers.login import (
    LoginSerializer,
    LogoutSerializer,
    RefreshSerializer,
    RegisterSerializer,
    SecondFactorNeededSerializer,
    SecondFactorSerializer,
    TokensSerializer,
)
from accounts.serializers.passkeys import PasskeyLoginSerializer
from accounts.serializers.security import ProofSerializer, RequestOptionsSerializer
from core.api.openapi import example_body

_TOKENS = {"access": "eyJhbGciOiJIUzI1NiIs…", "refresh": "eyJhbGciOiJIUzI1NiIs…"}
_SESSION_TOKEN = "gAAAAABmX…"  # noqa: S105
_LET_IN = {
    200: answer("Tokens of a new session", TokensSerializer, _TOKENS),
    202: answer(
        "The second factor is still to come: `/api/login/2fa/`",
        SecondFactorNeededSerializer,
        {
            "code": "mfa_required",
            "types": ["recovery_codes", "totp"],
            "session_token": _SESSION_TOKEN,
        },
    ),
}
REQUEST_OPTIONS = {
    "session_token": _SESSION_TOKEN,
    "request_options": {
        "publicKey": {
            "rpId": "example.com",
            "challenge": "lB1mR1y3…",
            "allowCredentials": [],
            "userVerification": "required",
        }
    },
}

REGISTER: dict[str, Any] = {
    "request_body": RegisterSerializer,
    "responses": {
        201: answer(
            "The account",
            RegisterSerializer,
            {
                "id": 2,
                "username": "ada",
                "display_name": "ada",
                "email": "ada@example.com",
                "is_organizer": False,
            },
        )
    },
}
LOGIN: dict[str, Any] = {"request_body": LoginSerializer, "responses": _LET_IN}
SECOND_FACTOR: dict[str, Any] = {
    "request_body": SecondFactorSerializer,
    "responses": {200: _LET_IN[200]},
}
PASSKEY_LOGIN: dict[str, Any] = {
    "request_body": PasskeyLoginSerializer,
    "responses": {
        200: answer(
            "The options; with a `credential` tokens, as login answers them",
            RequestOptionsSerializer,
            REQUEST_OPTIONS,
        )
    },
}
PROVIDER_LOGIN: dict[str, Any] = {
    "request_body": ProofSerializer,
    "responses": _LET_IN,
    "manual_parameters": [
        openapi.Parameter(
            "provider",
            openapi.IN_PATH,
            type=openapi.TYPE_STRING,
            description="`google`, `github`, `facebook`, `apple` or `openid_connect`",
        )
    ],
}
REFRESH: dict[str, Any] = {
    "request_body": RefreshSerializer,
    "responses": {
        200: answer(
            "New tokens; the old refresh token is used up, and returns these for 10 s more",
            TokensSerializer,
            _TOKENS,
        )
    },
}
LOGOUT: dict[str, Any] = {
    "request_body": LogoutSerializer,
    "responses": {204: "The session is over"},
}

# What "Try it out" starts from: the login is the demo's.
example_body(
    RegisterSerializer,
    {
        "username": "grace",
        "email": "grace@example.com",
        "password": "correct horse battery",
        "is_organizer": True,
    },
)
example_body(LoginSerializer, {"username": "olive", "password": "demo-password"})
example_body(SecondFactorSerializer, {"session_token": _SESSION_TOKEN, "code": "123456"})
example_body(PasskeyLoginSerializer, {})
example_body(
    ProofSerializer,
    {
        "code": "6d2c9d6f1f…",
        "redirect_uri": "http://localhost:3000/login/github",
        "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    },
)
