"""Query parameters of lists of payments."""

from core.api.fields import FilterSet, NameFilter, WordFilter


class EventPaymentFilter(FilterSet):
    """Validates the parameters only."""

    format = WordFilter(
        choices=[("csv", "csv"), ("json", "json")], label="csv: the list as a file."
    )
    after = NameFilter(label="Cursor of the next part, from the `Link` header.")
