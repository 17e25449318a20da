"""Uploaded files over HTTP, for servers without a web server or object store in front."""

import re

from django.core.files.storage import FileSystemStorage, default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

# The paths that the product writes: a folder, a random key and a size. Other files are not served.
_PICTURE = re.compile(r"(profile-pictures|event-banners)/[A-Za-z0-9_-]{22}/[1-9][0-9]{1,3}\.webp")


@require_safe
def serve(request: HttpRequest, name: str) -> HttpResponse:
    """Respond with a picture. Caches can keep it, because a new picture has a new name."""
    # Pictures in an object store have URLs there.
    if not _PICTURE.fullmatch(name) or not isinstance(default_storage, FileSystemStorage):
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
