"""Pages of lists: `?page=`, `?limit=`, and a count with a bounded cost."""

from typing import Any

import orjson
from django.db import connections
from django.db.models import QuerySet
from rest_framework.exceptions import NotFound
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from core.errors import BadValue

COUNT_EXACT_UP_TO = 10_000
# Larger than any list; multiplied by the largest page it is an OFFSET that databases accept.
_FARTHEST_ROW = 2**31


def _positive_integer(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, "")
    if name not in request.query_params:
        return default
    if not (text.isascii() and text.isdigit() and text.strip("0")):
        raise BadValue(name, "not_a_positive_integer", "Send a whole number of at least 1.")
    digits = text.lstrip("0")
    return int(digits) if len(digits) < 19 else _FARTHEST_ROW


def count_rows(queryset: QuerySet[Any]) -> tuple[int, bool]:
    """Return the number of rows, and whether it is an estimate.

    Up to 10,000 rows it is exact. PostgreSQL takes 100 ms or more to count a million rows, so
    beyond that this is the estimate of its planner. SQLite always counts.
    """
    connection = connections[queryset.db]
    if connection.vendor != "postgresql":
        return queryset.count(), False
    counted = queryset.order_by()[: COUNT_EXACT_UP_TO + 1].count()
    if counted <= COUNT_EXACT_UP_TO:
        return counted, False
    plan = orjson.loads(queryset.order_by().values("pk").explain(format="json"))
    return max(int(plan[0]["Plan"]["Plan Rows"]), COUNT_EXACT_UP_TO + 1), True


class PagePagination(PageNumberPagination):
    """Respond with `{count, next, previous, results}`, and `count_is_estimate` if it is true."""

    page_size = 20
    page_size_query_param = "limit"
    max_page_size = 100

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Return one page of rows.

        Raises BadValue for a page or limit that is not a positive integer, NotFound for a page
        past the end.
        """
        self.request = request
        self.number, size = self.page_and_size(request)
        start = (self.number - 1) * size
        self.count, self.is_estimate = count_rows(queryset)
        past_the_end = start >= (_FARTHEST_ROW if self.is_estimate else self.count)
        # One more row than the page shows whether there is a next page.
        rows = [] if past_the_end else self.read_rows(queryset, start, start + size + 1)
        if not rows and self.number > 1:
            raise NotFound("This page is past the end.")
        self.has_next = len(rows) > size
        return rows[:size]

    def page_and_size(self, request: Request) -> tuple[int, int]:
        """Return the number of the page and its size. Raises BadValue."""
        size = _positive_integer(request, "limit", self.page_size)
        return _positive_integer(request, "page", 1), min(size, self.max_page_size)

    def read_rows(self, queryset: Any, start: int, stop: int) -> list[Any]:
        return list(queryset[start:stop])

    def get_next_link(self) -> str | None:
        return self._link(self.number + 1) if self.has_next else None

    def get_previous_link(self) -> str | None:
        return self._link(self.number - 1) if self.number > 1 else None

    def _link(self, number: int) -> str:
        assert self.request is not None
        url = self.request.build_absolute_uri()
        if self.page_size_query_param in self.request.query_params:
            _, size = self.page_and_size(self.request)  # the limit that was applied
            url = replace_query_param(url, self.page_size_query_param, size)
        if number == 1:
            return remove_query_param(url, self.page_query_param)
        return replace_query_param(url, self.page_query_param, number)

    def get_paginated_response(self, data: Any) -> Response:
        body: dict[str, Any] = {"count": self.count}
        if self.is_estimate:
            body["count_is_estimate"] = True
        links = {"next": self.get_next_link(), "previous": self.get_previous_link()}
        return Response(body | links | {"results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        described: dict[str, Any] = super().get_paginated_response_schema(schema)
        described["properties"]["count_is_estimate"] = {
            "type": "boolean",
            "description": "Present and true if `count` is an estimate (beyond 10,000).",
        }
        return described
