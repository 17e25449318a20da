"""Query parameters."""

from typing import Any

import django_filters

from config.fields import WholeNumberFilter


class ExportFilter(django_filters.FilterSet):
    """Only reads the question."""

    after = WholeNumberFilter(
        method="no_filter", label="Of an export in parts: from where the `Link` header leads."
    )

    def no_filter(self, queryset: Any, name: str, value: Any) -> Any:
        return queryset
