"""What Swagger says of accounts beyond the code."""

from typing import Any

from drf_yasg import openapi

DONE: dict[str, Any] = {"responses": {204: "Done"}}
REAUTHENTICATED = "`POST /api/reauthenticate/` first, in the last five minutes."


def answer(description: str, serializer: Any, example: Any) -> openapi.Response:
    return openapi.Response(description, serializer, examples={"application/json": example})


def shape(**properties: str) -> openapi.Schema:
    """An object that no serializer describes, with the types of its properties."""
    return openapi.Schema(
        type=openapi.TYPE_OBJECT,
        properties={name: openapi.Schema(type=kind) for name, kind in properties.items()},
    )
