"""Pages of lists: `?page=`, `?limit=`, and a count with a bounded cost."""

import time
from functools import cached_property
from typing import Any, NamedTuple

from django.db import connections
from django.db.models import QuerySet
from rest_framework.exceptions import NotFound
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from core.database.statements import Statement
from core.errors import BadValue

COUNT_EXACT_UP_TO = 10_000
_ESTIMATE_KEPT_S = 60
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


class RowCount:
    """The number of rows of a queryset, compiled once; see `count_rows`."""

    def __init__(self, queryset: QuerySet[Any]) -> None:
        self._queryset = queryset.order_by()
        self._is_bounded = connections[queryset.db].vendor == "postgresql"
        self._estimate, self._estimate_until = 0, 0.0

    @property
    def is_large(self) -> bool:
        """Whether the last minute's count was an estimate, which is kept."""
        return time.monotonic() < self._estimate_until

    def read(self, *, counted: int | None = None, **values: Any) -> tuple[int, bool]:
        """Return the number of rows, and whether it is an estimate.

        `values` are those of the queryset's parameters. Without any, an estimate is kept. `counted`
        is the value of the statement of this name, if another query has read it.
        """
        if self.is_large:
            return self._estimate, True
        if counted is None:
            counted = next((number for (number,) in self.counted.rows(**values)), 0)
        if not self._is_bounded or counted <= COUNT_EXACT_UP_TO:
            return counted, False
        [(plan,)] = self._plan.rows(**values)
        estimate = max(int(plan[0]["Plan"]["Plan Rows"]), COUNT_EXACT_UP_TO + 1)
        if not values:
            self._estimate = estimate
            self._estimate_until = time.monotonic() + _ESTIMATE_KEPT_S
        return estimate, True

    @cached_property
    def counted(self) -> Statement:
        """The number of rows, or 10,001 if there are more."""
        most = COUNT_EXACT_UP_TO + 1
        bounded = self._queryset[:most] if self._is_bounded else self._queryset
        return Statement.of(bounded.values("pk")).within("SELECT count(*) FROM ({}) AS counted")

    @cached_property
    def _plan(self) -> Statement:
        return Statement.of(self._queryset.values("pk")).within("EXPLAIN (FORMAT JSON) {}")


def count_rows(queryset: QuerySet[Any]) -> tuple[int, bool]:
    """Return the number of rows, and whether it is an estimate.

    Up to 10,000 rows it is exact. PostgreSQL takes 100 ms or more to count a million rows, so
    beyond that this is the estimate of its planner. SQLite always counts.
    """
    return RowCount(queryset).read()


class RowQuery:
    """A queryset of tuples, compiled once for all values of its parameters."""

    def __init__(self, queryset: QuerySet[Any, tuple[Any, ...]]) -> None:
        self._rows = Statement.of(queryset).page()
        self._count = RowCount(queryset)

    def of(self, **values: Any) -> "Rows":
        """Return the rows for these values of the parameters, which are not read yet."""
        return Rows(self, values)

    def read(self, start: int, stop: int, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        return self._rows.rows(limit=stop - start, offset=start, **values)

    def count(self, values: dict[str, Any]) -> tuple[int, bool]:
        return self._count.read(**values)


class Rows(NamedTuple):
    """The rows of a `RowQuery` for some values, of which a paginator reads a page."""

    query: RowQuery
    values: dict[str, Any]


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
        # One more row than the page shows whether there is a next page.
        is_far = start >= COUNT_EXACT_UP_TO and self._is_past_the_end(queryset, start)
        rows = [] if is_far else self.read_rows(queryset, start, start + size + 1)
        self.has_next = len(rows) > size
        if not self.has_next and (rows or self.number == 1):
            self.count, self.is_estimate = start + len(rows), False
        else:
            count, self.is_estimate = self.count_rows(queryset)
            self.count = max(count, start + len(rows)) if rows else count  # rows can come meanwhile
        if not rows and self.number > 1:
            raise NotFound("This page is past the end.")
        return rows[:size]

    def _is_past_the_end(self, queryset: Any, start: int) -> bool:
        """Return whether the count says so: a database walks over all rows before a page."""
        count, is_estimate = self.count_rows(queryset)
        return start >= (_FARTHEST_ROW if is_estimate else count)

    def page_and_size(self, request: Request) -> tuple[int, int]:
        """Return the number of the page and its size. Raises BadValue."""
        size = _positive_integer(request, "limit", self.page_size)
        return _positive_integer(request, "page", 1), min(size, self.max_page_size)

    def count_rows(self, queryset: Any) -> tuple[int, bool]:
        if isinstance(queryset, Rows):
            return queryset.query.count(queryset.values)
        return count_rows(queryset)

    def read_rows(self, queryset: Any, start: int, stop: int) -> list[Any]:
        if isinstance(queryset, Rows):
            return queryset.query.read(start, stop, queryset.values)
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
