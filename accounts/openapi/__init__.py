"""Descriptions and examples for Swagger that the code of accounts does not contain."""

from typing import Any

from drf_yasg import openapi

from core.api.openapi import example_body

DONE: dict[int, Any] = {204: "Done"}


def responds(status: int, description: str, schema: Any, example: Any) -> dict[int, Any]:
    response = openapi.Response(description, schema, examples={"application/json": example})
    return {status: response}


def operation(
    body: Any = None, responses: dict[int, Any] = DONE, *, example: Any = None, **options: Any
) -> dict[str, Any]:
    """Return the arguments of `swagger_auto_schema`; "Try it out" starts from the example."""
    if example is not None:
        example_body(body, example)
    return {"request_body": body, "responses": responses, **options}


def shape(**properties: str) -> openapi.Schema:
    """Return an object that no serializer describes, with the types of its properties."""
    types = {name: openapi.Schema(type=kind) for name, kind in properties.items()}
    return openapi.Schema(type=openapi.TYPE_OBJECT, properties=types)
