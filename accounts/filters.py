"""Query parameters."""

from typing import Any

import django_filters

from core.api.fields import WholeNumberFilter


class ExportFilter(django_filters.FilterSet):
    """Only reads the query parameters."""

    after = WholeNumberFilter(
        method="no_filter", label="Cursor of the next part, from the `Link` header."
    )

    def no_filter(self, queryset: Any, name: str, value: Any) -> Any:
        return queryset
