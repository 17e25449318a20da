"""Pagination of a provider's results, in the format of all lists."""

from typing import Any

from drf_yasg import openapi
from rest_framework.exceptions import NotFound
from rest_framework.fields import DateTimeField
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.pagination import PagePagination
from external_events.callers import caller_of
from external_events.providers.base import Provider, Query
from external_events.services.search import SearchPage, search


class ProviderPagination(PagePagination):
    """`count` is how many results can be paged to, `provider_total` how many there are."""

    results: SearchPage

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Return a page of records. `queryset` is a provider and a query. Raises as `search`."""
        provider: Provider
        query: Query
        provider, query = queryset
        self.request, self.is_estimate = request, False
        self.number, size = self.page_and_size(request)
        start = (self.number - 1) * size
        if start >= provider.reachable:
            raise NotFound("This page is past the end.")
        self.results = search(
            provider, query, page=self.number, size=size, caller=caller_of(request)
        )
        self.count = self.results.count
        if self.number > 1 and start >= self.count:
            raise NotFound("This page is past the end.")
        self.has_next = start + size < self.count
        return list(self.results.records[: provider.reachable - start])

    def get_paginated_response(self, data: Any) -> Response:
        response = super().get_paginated_response(data)
        rows = response.data.pop("results")
        response.data |= {
            "provider_total": self.results.total,
            "fetched_at": DateTimeField().to_representation(self.results.fetched_at),
            "stale": self.results.is_stale,
            "results": rows,
        }
        return response

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        page_schema = super().get_paginated_response_schema(schema)
        del page_schema["properties"]["count_is_estimate"]  # providers return exact counts
        page_schema["properties"] |= {
            "provider_total": {
                "type": openapi.TYPE_INTEGER,
                "description": "Number of results at the provider. `count` can be paged to.",
            },
            "fetched_at": {"type": openapi.TYPE_STRING, "format": "date-time"},
            "stale": {
                "type": openapi.TYPE_BOOLEAN,
                "description": (
                    "True if the results are older than five minutes: they are being refreshed, or "
                    "the provider is unavailable."
                ),
            },
        }
        return page_schema
