"""Finding events over HTTP."""

from typing import Any

from django_filters.utils import translate_validation
from drf_yasg.utils import swagger_auto_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import signed_in
from events import openapi, selectors
from events.filters import SearchFilter, SuggestionFilter
from events.models import Event
from events.search import facets, highlights
from events.search.folding import fold
from events.search.pages import SearchPagination
from events.search.places import kilometres
from events.search.suggestions import suggest
from events.search.typos import corrected
from events.serializers.search import FoundEventSerializer
from events.views.events import EventPages


class SearchView(EventPages):
    filterset_class = SearchFilter
    pagination_class = SearchPagination
    serializer_class = FoundEventSerializer
    paginator: SearchPagination

    @swagger_auto_schema(**openapi.EVENT_SEARCH)
    def get(self, request: Request) -> Response:
        """Search by words, category, tags, place and time."""
        asked = _valid(SearchFilter(request.query_params, self.get_queryset(), request=request))
        answered, page = self._find(asked)
        selectors.add_extras(page, user=signed_in(request))
        _add_what_was_found(page, answered)
        answer = self.get_paginated_response(self.get_serializer(page, many=True).data)
        if answered is not asked:
            answer.data["corrected_to"] = answered.words
        if asked.form.cleaned_data["facets"] == "true":
            answer.data |= self._facets(answered)
        return answer

    def _find(self, asked: SearchFilter) -> tuple[SearchFilter, list[Event]]:
        """Return a page, and the search that it answers.

        If the words find nothing and corrected words find something, it is the corrected search.
        """
        try:
            page = self._page(asked)
        except NotFound:
            if self.paginator.count or not (nearest := _corrected(asked)):
                raise
            return nearest, self._page(nearest)
        if self.paginator.count or not (nearest := _corrected(asked)):
            return asked, page
        return nearest, self._page(nearest)

    def _page(self, asked: SearchFilter) -> list[Event]:
        self.paginator.ranked_words = asked.words if asked.is_ranked else ""
        self.paginator.nearest_to = asked.nearest_to
        self.paginator.farthest_km = asked.farthest_km
        page: list[Event] = self.paginator.paginate_queryset(asked.qs, self.request, self)
        return page

    def _facets(self, asked: SearchFilter) -> dict[str, Any]:
        """An event has one category, so these are counted as if none were chosen: one can switch.
        Tags narrow down: theirs are counted among the results."""
        in_any_category = _valid(asked.but(category=None, category_id=None)).qs
        counted, is_estimate = facets.count(for_categories=in_any_category, for_tags=asked.qs)
        return {"facets": counted} | ({"facets_are_estimates": True} if is_estimate else {})


class SuggestView(APIView):
    swagger_tag = "events"
    swagger_errors = {"GET": [400]}

    @swagger_auto_schema(**openapi.EVENT_SUGGEST)
    def get(self, request: Request) -> Response:
        """Titles of which a word begins like this, soonest first, for type-ahead."""
        asked = _valid(SuggestionFilter(request.query_params, Event.objects.none()))
        return Response({"results": suggest(asked.form.cleaned_data["q"])})


def _corrected(asked: SearchFilter) -> SearchFilter | None:
    """Return the search with corrected words if it finds something, else None."""
    words = corrected(asked.words)
    if fold(words) == fold(asked.words):
        return None
    nearest: SearchFilter = _valid(asked.but(q=words))
    return nearest if nearest.qs.exists() else None


def _valid(asked: Any) -> Any:
    if not asked.is_valid():
        raise translate_validation(asked.errors)
    return asked


def _add_what_was_found(page: list[Event], asked: SearchFilter) -> None:
    for event, highlight in zip(page, highlights.of(page, asked.words), strict=True):
        event.highlight = highlight
        if asked.point:
            km = kilometres(event.latitude, event.longitude, *asked.point)
            event.distance_km = km if km is None else round(km, 3)
