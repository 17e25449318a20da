"""Converters for URL paths."""


class IdConverter:
    """The id of a row: ASCII digits that fit a column of every database."""

    regex = "[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)
