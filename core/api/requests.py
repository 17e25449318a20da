"""Validated input of a request: its body, or its query parameters."""

from typing import Any

from django_filters.utils import translate_validation
from rest_framework.request import Request

from core.api.serializers import BaseSerializer, QueryParams


def read(
    serializer_class: type[BaseSerializer[Any]], request: Request, row: Any = None, **options: Any
) -> dict[str, Any]:
    """Return the validated body, for changes of `row` if there is one. Raises ValidationError."""
    context = {"request": request}
    serializer = serializer_class(row, data=request.data, context=context, **options)
    serializer.is_valid(raise_exception=True)
    values: dict[str, Any] = serializer.validated_data
    return values


def read_params(params_class: type[QueryParams], request: Request) -> dict[str, Any]:
    """Return the validated query parameters. Raises ValidationError."""
    params = params_class(data=request.query_params)
    params.is_valid(raise_exception=True)
    values: dict[str, Any] = params.validated_data
    return values


def validated(filters: Any) -> Any:
    """Return the filter set. Raises ValidationError."""
    if not filters.is_valid():
        raise translate_validation(filters.errors)
    return filters
