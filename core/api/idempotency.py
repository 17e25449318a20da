"""The Idempotency-Key header: which views honour it, and how it is written.

Source: draft-ietf-httpapi-idempotency-key-header. The app `idempotency` does the work.
"""

import re
from typing import Any

from rest_framework.permissions import AllowAny

from core.errors import InvalidIdempotencyKey

HEADER = "Idempotency-Key"
MAX_LENGTH = 255
_VISIBLE = re.compile(rf"[!-~]{{1,{MAX_LENGTH}}}")
_QUOTED = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')


def honours_keys(view: Any) -> bool:
    """Return whether a view, or its class, stores the responses to its POSTs.

    A view with `holds_secrets = True` never does, and open views have nobody to store them for.
    """
    return not getattr(view, "holds_secrets", False) and AllowAny not in view.permission_classes


def read_key(header: str) -> str:
    """Return the key of a header: bare, or a string of RFC 8941, 3.3.3.

    Raises InvalidIdempotencyKey.
    """
    key = header
    if header.startswith('"'):
        quoted = _QUOTED.fullmatch(header)
        key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else ""
    if not _VISIBLE.fullmatch(key):
        raise InvalidIdempotencyKey
    return key
