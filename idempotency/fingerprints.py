"""Fingerprints of requests: two with the same one are the same request."""

import hashlib
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from rest_framework.request import Request


def fingerprint_of(request: Request) -> str:
    """Return the SHA-256 of method, path, query and body, in hexadecimal.

    A form counts by its parts, because each client chooses a new boundary for a repetition. Raises
    what reading the body raises: APIException, RequestDataTooBig.
    """
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if (request.content_type or "").startswith("multipart/"):
        parts = [
            (name, [_part(value) for value in values]) for name, values in _lists(request.data)
        ]
        digest.update(repr(parts).encode())
    else:
        # DRF parses these bytes later. It can't be the other way round.
        digest.update(request._request.body)
    return digest.hexdigest()


def _lists(form: Any) -> Any:
    return form.lists() if hasattr(form, "lists") else form.items()


def _part(value: Any) -> Any:
    if not isinstance(value, UploadedFile):
        return value
    # file_digest reads the buffer of a file in memory without a copy.
    content = hashlib.file_digest(value.file, "sha256").hexdigest()  # type: ignore[arg-type]
    value.seek(0)
    return value.name, value.content_type, content
