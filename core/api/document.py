"""`/swagger.json` and `/swagger.yaml`: generated once per process, then sent from memory."""

import gzip
import hashlib
from dataclasses import dataclass
from threading import Lock
from typing import Any

from django.core.signals import setting_changed
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.http import require_safe
from drf_yasg.codecs import OpenAPICodecJson, OpenAPICodecYaml

from core.api.openapi import API_INFO, Generator

_CODECS = {"json": OpenAPICodecJson, "yaml": OpenAPICodecYaml}


@dataclass(frozen=True)
class _Document:
    body: bytes
    zipped: bytes
    etag: str  # weak, because both encodings share it


_documents: dict[str, _Document] = {}
_lock = Lock()


@require_safe
def serve(request: HttpRequest, format: str) -> HttpResponse:
    """Respond with the description of the API, or 304 if the client already has it."""
    if format not in _CODECS:
        raise Http404
    document = _cached(format)
    not_modified = get_conditional_response(request, etag=document.etag, response=None)
    response = not_modified or _respond(request, document, content_type=f"application/{format}")
    response.headers["ETag"] = document.etag
    response.headers["Cache-Control"] = "public, no-cache"  # stored, and revalidated
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


@receiver(setting_changed)
def forget(**kwargs: Any) -> None:
    """Drop the documents, for tests that change settings they depend on."""
    _documents.clear()


def _cached(format: str) -> _Document:
    """Return the document. The first request generates it, and simultaneous ones wait."""
    document = _documents.get(format)
    if document is None:
        with _lock:
            document = _documents.get(format) or _documents.setdefault(format, _generate(format))
    return document


def _generate(format: str) -> _Document:
    # A document without a host is valid on the host that serves it (OpenAPI 2.0, "host").
    # Otherwise every client would get the `Host` header of the first request.
    schema = Generator(API_INFO, url="").get_schema(public=True)
    body = _CODECS[format]([]).encode(schema)
    digest = hashlib.sha256(body).hexdigest()[:32]
    return _Document(body, gzip.compress(body, mtime=0), f'W/"{digest}"')


def _respond(request: HttpRequest, document: _Document, *, content_type: str) -> HttpResponse:
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        return HttpResponse(document.body, content_type=content_type)
    headers = {"Content-Encoding": "gzip"}
    return HttpResponse(document.zipped, content_type=content_type, headers=headers)
