"""Pages of a provider's results in our envelope, up to where the provider lets anybody page."""

from typing import TYPE_CHECKING, Any

from drf_yasg import openapi
from rest_framework.exceptions import NotFound
from rest_framework.fields import DateTimeField
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.pagination import PagePagination
from external_events.callers import caller_of
from external_events.providers.base import Provider, Query
from external_events.services.finding import Answer, search

if TYPE_CHECKING:  # rest_framework.views itself loads this module
    from rest_framework.views import APIView


class ProviderPagination(PagePagination):
    """`count` is what can be paged to; `provider_total` what there is at the provider."""

    answer: Answer

    def paginate_queryset(
        self, queryset: Any, request: Request, view: "APIView | None" = None
    ) -> list[Any]:
        """Takes a provider and a query in place of rows. Raises what `search` does."""
        provider: Provider
        query: Query
        provider, query = queryset
        self.request, self.is_estimate = request, False
        self.number, size = self.page_and_size(request)
        start = (self.number - 1) * size
        if start >= provider.reachable:
            raise NotFound("This page is past the end.")
        self.answer = search(
            provider, query, page=self.number, size=size, caller=caller_of(request)
        )
        self.count = self.answer.count
        if self.number > 1 and start >= self.count:
            raise NotFound("This page is past the end.")
        self.has_next = start + size < self.count
        return list(self.answer.found.records[: provider.reachable - start])

    def get_paginated_response(self, data: Any) -> Response:
        response = super().get_paginated_response(data)
        results = response.data.pop("results")
        response.data |= {
            "provider_total": self.answer.found.total,
            "fetched_at": DateTimeField().to_representation(self.answer.fetched_at),
            "stale": self.answer.is_stale,
            "results": results,
        }
        return response

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        described = super().get_paginated_response_schema(schema)
        del described["properties"]["count_is_estimate"]  # providers count all they have
        described["properties"] |= {
            "provider_total": {
                "type": openapi.TYPE_INTEGER,
                "description": "How many there are at the provider; `count` can be paged to.",
            },
            "fetched_at": {"type": openapi.TYPE_STRING, "format": "date-time"},
            "stale": {
                "type": openapi.TYPE_BOOLEAN,
                "description": "Older than five minutes: the provider is asked anew, or is away.",
            },
        }
        return described
