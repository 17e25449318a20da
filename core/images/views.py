"""Uploaded files over HTTP, for servers that have no better one in front."""

import re

from django.core.files.storage import FileSystemStorage, default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

# What the product itself writes: a folder, a random key, a size. Nothing else is a file here.
_OURS = re.compile(r"(profile-pictures|event-banners)/[A-Za-z0-9_-]{22}/[1-9][0-9]{1,3}\.webp")


@require_safe
def serve(request: HttpRequest, name: str) -> HttpResponse:
    """A picture, to be cached for ever: another one gets another name."""
    # An object store has addresses of its own.
    if not _OURS.fullmatch(name) or not isinstance(default_storage, FileSystemStorage):
        raise Http404
    try:
        with default_storage.open(name) as file:
            picture = file.read()
    except FileNotFoundError as error:
        raise Http404 from error
    return HttpResponse(
        picture,
        content_type="image/webp",
        headers={
            "Cache-Control": "public, max-age=31536000, immutable",
            "Content-Security-Policy": "default-src 'none'",
            "X-Content-Type-Options": "nosniff",
        },
    )
