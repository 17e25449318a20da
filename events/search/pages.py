"""Pages of events and of search results."""

from accounts.authentication import signed_in
from core.api.pagination import PagePagination
from events.cards import Row
from events.search.listings import Listing


class EventPagination(PagePagination):
    """Pages of a `Listing`, as rows for the reader who sent the request."""

    _count: tuple[int, bool] | None = None

    def count_rows(self, listing: Listing) -> tuple[int, bool]:
        return self._count or listing.count()

    def read_rows(self, listing: Listing, start: int, stop: int) -> list[Row]:
        assert self.request is not None
        reader = signed_in(self.request)
        rows, self._count = listing.rows_and_count(reader, start=start, stop=stop)
        return rows
