"""What Swagger says of accounts beyond the code."""

from typing import Any

from drf_yasg import openapi

from accounts.serializers import (
    LoginSerializer,
    ProfileSerializer,
    RefreshSerializer,
    RegisterSerializer,
    TokensSerializer,
)
from config.swagger import example_body
from notifications.schema import MY_PREFERENCES

_TOKENS = {"access": "eyJhbGciOiJIUzI1NiIs…", "refresh": "eyJhbGciOiJIUzI1NiIs…"}
_PROFILE = {
    "id": 2,
    "username": "ada",
    "email": "ada@example.com",
    "is_organizer": False,
    "bio": "Climbs, cooks, asks questions.",
    "profile_picture": "https://pictures.example.com/ada.jpg",
    "timezone": "Europe/Berlin",
    "phone": "+4930901820",
    "interests": [3, 7],
    "notifications": MY_PREFERENCES,
}


def _answer(description: str, serializer: Any, example: dict[str, Any]) -> openapi.Response:
    return openapi.Response(description, serializer, examples={"application/json": example})


REGISTER: dict[str, Any] = {
    "request_body": RegisterSerializer,
    "responses": {
        201: _answer(
            "The account",
            RegisterSerializer,
            {"id": 2, "username": "ada", "email": "ada@example.com", "is_organizer": False},
        )
    },
}
LOGIN: dict[str, Any] = {
    "request_body": LoginSerializer,
    "responses": {200: _answer("Tokens of a new session", TokensSerializer, _TOKENS)},
}
REFRESH: dict[str, Any] = {
    "request_body": RefreshSerializer,
    "responses": {
        200: _answer("New tokens; the old refresh token is used up", TokensSerializer, _TOKENS)
    },
}
LOGOUT: dict[str, Any] = {
    "request_body": openapi.Schema(type=openapi.TYPE_OBJECT, properties={}),
    "responses": {204: "The session is over"},
}
PROFILE: dict[str, Any] = {"responses": {200: _answer("My profile", ProfileSerializer, _PROFILE)}}
PROFILE_CHANGE: dict[str, Any] = {"request_body": ProfileSerializer, **PROFILE}

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
example_body(
    ProfileSerializer, {"bio": "Climbs, cooks, asks questions.", "timezone": "Europe/Berlin"}
)
