"""The generated pages by file name."""

from dev.reference.endpoints import endpoints_page
from dev.reference.errors import errors_page


def pages() -> dict[str, str]:
    return {"endpoints.md": endpoints_page(), "errors.md": errors_page()}
