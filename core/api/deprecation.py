"""Deprecated names of query parameters: accepted until they are removed, and announced."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from django.http import QueryDict
from django.utils.http import http_date
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.errors import BadValue

DEPRECATED_AT = datetime(2026, 12, 1, tzinfo=UTC)
REMOVED_AT = datetime(2027, 12, 1, tzinfo=UTC)  # at the earliest


def renamed(params: QueryDict, names: Mapping[str, str], *, keep: Collection[str]) -> QueryDict:
    """Return the parameters with new names for the deprecated ones that are not in `keep`.

    `names` has the new name of each. Raises BadValue (`conflicting`) if both are sent with
    different values.
    """
    used = [old for old in names if old in params]
    if not used:
        return params
    params = params.copy()
    for old in used:
        new = names[old]
        if new in params and str(params[new]).strip() != str(params[old]).strip():
            message = f"This is another name of `{new}`, which has a different value. Send one."
            raise BadValue(old, "conflicting", message)
        if old not in keep:
            params.setlist(new, params.pop(old))
    return params


def with_names_sent(
    error: ValidationError, params: QueryDict, names: Mapping[str, str]
) -> ValidationError:
    """Return the error with the deprecated names that the client sent, as its fields."""
    old = {new: old for old, new in names.items() if old in params and new not in params}
    detail: Any = error.detail
    return ValidationError({old.get(name, name): errors for name, errors in detail.items()})


class DeprecatesParameters(APIView):
    """Add `Deprecation` (RFC 9745) and `Sunset` (RFC 8594) where a deprecated name was used.

    The names are `deprecated_names` of the view's filters.
    """

    filterset_class: Any

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        if any(name in request.GET for name in self.filterset_class.deprecated_names):
            response.headers["Deprecation"] = f"@{DEPRECATED_AT.timestamp():.0f}"
            response.headers["Sunset"] = http_date(REMOVED_AT.timestamp())
        return response
