"""Endpoints of search and suggestions."""

from typing import Any

from drf_yasg.utils import swagger_auto_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import signed_in
from core.api.requests import validated
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
        """Search events by words, category, tags, place and time."""
        search = SearchFilter(request.query_params, self.get_queryset(), request=request)
        page, used = self._find(validated(search))
        selectors.add_extras(page, user=signed_in(request))
        _add_highlights(page, used)
        response = self.get_paginated_response(self.get_serializer(page, many=True).data)
        if used is not search:
            response.data["corrected_to"] = used.words
        if search.params["facets"] == "true":
            response.data |= self._facets(used)
        return response

    def _find(self, search: SearchFilter) -> tuple[list[Event], SearchFilter]:
        """Return a page, and the search that found it.

        If the words find nothing and corrected words find something, it is the corrected search.
        """
        page: list[Event] = []
        missing_page: NotFound | None = None
        try:
            page = self._page(search)
        except NotFound as error:
            missing_page = error
        if not self.paginator.count and (corrected := _corrected(search)):
            return self._page(corrected), corrected
        if missing_page:
            raise missing_page
        return page, search

    def _page(self, search: SearchFilter) -> list[Event]:
        self.paginator.ranked_words = search.words if search.is_ranked else ""
        self.paginator.nearest_to = search.nearest_to
        self.paginator.farthest_km = search.farthest_km
        page: list[Event] = self.paginator.paginate_queryset(search.qs, self.request, self)
        return page

    def _facets(self, search: SearchFilter) -> dict[str, Any]:
        """Count categories as if none were chosen, so that people can switch; tags as chosen."""
        any_category = validated(search.but(category=None, category_id=None)).qs
        counts, is_estimate = facets.count(for_categories=any_category, for_tags=search.qs)
        return {"facets": counts} | ({"facets_are_estimates": True} if is_estimate else {})


class SuggestView(APIView):
    swagger_tag = "events"
    swagger_errors = {"GET": [400]}

    @swagger_auto_schema(**openapi.EVENT_SUGGEST)
    def get(self, request: Request) -> Response:
        """Suggest titles with a word that starts with the text, soonest first."""
        params = validated(SuggestionFilter(request.query_params, Event.objects.none()))
        return Response({"results": suggest(params.form.cleaned_data["q"])})


def _corrected(search: SearchFilter) -> SearchFilter | None:
    """Return the search with corrected words if it finds something, else None."""
    words = corrected(search.words)
    if fold(words) == fold(search.words):
        return None
    nearest: SearchFilter = validated(search.but(q=words))
    return nearest if nearest.qs.exists() else None


def _add_highlights(page: list[Event], search: SearchFilter) -> None:
    for event, highlight in zip(page, highlights.of(page, search.words), strict=True):
        event.highlight = highlight
        if search.point:
            km = kilometres(event.latitude, event.longitude, *search.point)
            event.distance_km = km if km is None else round(km, 3)
