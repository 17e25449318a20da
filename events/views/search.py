"""Finding events over HTTP."""

from drf_yasg.utils import swagger_auto_schema
from rest_framework.request import Request
from rest_framework.response import Response

from events import schema
from events.filters import SearchFilter
from events.search import RankedPagination
from events.views.events import EventPages


class SearchView(EventPages):
    filterset_class = SearchFilter
    pagination_class = RankedPagination

    @swagger_auto_schema(**schema.EVENT_LIST)
    def get(self, request: Request) -> Response:
        """Search by words, category and tags."""
        return self.list_events(request)
