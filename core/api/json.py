"""DRF's JSON parser and renderer, with orjson."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import IO, Any

import orjson
from django.conf import settings
from django.utils.duration import duration_iso_string
from rest_framework.exceptions import ErrorDetail, ParseError, ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from core.errors import PayloadTooLarge

MAX_DEPTH = 32


class JSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None  # RFC 8259: always UTF-8, no parameter

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return b"" if data is None else orjson.dumps(data, default=_serialized)


def _serialized(value: Any) -> str:
    """Write durations, which orjson does not support, as in ISO 8601."""
    if isinstance(value, timedelta):
        return duration_iso_string(value)
    raise TypeError(f"No JSON for {type(value)}")


class JSONParser(BaseParser):
    """Parse at most DATA_UPLOAD_MAX_MEMORY_SIZE bytes, nested at most 32 levels deep.

    orjson refuses lone surrogates, NaN and broken UTF-8, which PostgreSQL can't store.
    """

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        body = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise PayloadTooLarge
        try:
            data = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            _raise_for_field(body)
            raise ParseError(f"The body is not JSON: {error}") from error
        if _is_deeper(data, MAX_DEPTH):
            raise ParseError(f"The body is nested more than {MAX_DEPTH} levels deep.")
        return data


def _raise_for_field(body: bytes) -> None:
    """Raise ValidationError for values that are valid JSON but can't be stored.

    These are lone surrogates and numbers beyond a double (RFC 8259, 6 and 8.2).
    """
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return
    for field, value in data.items() if isinstance(data, dict) else ():
        try:
            orjson.loads(json.dumps(value))
        except orjson.JSONDecodeError as error:
            code = "invalid_characters" if isinstance(value, str) else "invalid"
            raise ValidationError(
                {field: ErrorDetail("This value can't be stored.", code=code)}
            ) from error


def _is_deeper(data: Any, limit: int) -> bool:
    level = [data]
    for _ in range(limit + 1):
        level = [value for value in level if isinstance(value, dict | list)]
        if not level:
            return False
        level = [
            child
            for container in level
            for child in (container.values() if isinstance(container, dict) else container)
        ]
    return True
