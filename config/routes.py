"""URL resolving."""

from functools import lru_cache
from typing import Any

from django.urls import URLResolver


class KeptRoutes(URLResolver):
    """Keep which view a path belongs to, instead of trying every pattern for each request."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Raised errors, for unknown paths, are not kept.
        self.resolve = lru_cache(maxsize=4096)(self.resolve)  # type: ignore[method-assign]
