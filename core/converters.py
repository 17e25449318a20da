"""What may stand in a path."""


class IdConverter:
    """A row's id: ASCII digits that fit a column, so that no database sees a longer one."""

    regex = "[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)
