"""Endpoints of search and suggestions."""

from typing import Any

from drf_yasg.utils import swagger_auto_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.conditional import respond
from core.api.deprecation import DeprecatesParameters
from core.api.requests import validated
from events import cards, openapi
from events.cards import Body, Row
from events.filters import SearchFilter, SuggestionFilter
from events.models import Event
from events.search import highlights
from events.search.folding import fold
from events.search.places import kilometres
from events.search.suggestions import suggest
from events.search.typos import corrected
from events.serializers.search import FoundEventSerializer
from events.views.events import EventPages, base_of


class SearchView(DeprecatesParameters, EventPages):
    filterset_class = SearchFilter
    serializer_class = FoundEventSerializer

    @swagger_auto_schema(**openapi.EVENT_SEARCH)
    def get(self, request: Request) -> Response:
        """Search events by words, category, tags, place and time."""
        search = SearchFilter.of(request)
        rows, used = self._find(search)
        more: dict[str, Any] = {} if used is search else {"corrected_to": used.words}
        if search.params["facets"] == "true":
            counts, are_estimates = used.facet_counts.read()
            more |= {"facets": counts} | ({"facets_are_estimates": True} if are_estimates else {})

        def build() -> Response:
            page = _with_highlights(cards.bodies(rows, base=base_of(request)), used)
            response = self.get_paginated_response(page)
            response.data |= more
            return response

        return respond(request, (rows, self.paginator.count, self.paginator.has_next, more), build)

    def _find(self, search: SearchFilter) -> tuple[list[Row], SearchFilter]:
        """Return a page, and the search that found it.

        If the words find nothing and corrected words find something, it is the corrected search.
        """
        page: list[Row] = []
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

    def _page(self, search: SearchFilter) -> list[Row]:
        listing: Any = search.listing
        page: list[Row] = self.paginator.paginate_queryset(listing, self.request, self)
        return page


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
    nearest = search.but(q=words)
    return nearest if nearest.listing.exists() else None


def _with_highlights(page: list[Body], search: SearchFilter) -> list[Body]:
    """Add the highlights, and with `near` the distances."""
    for body, highlight in zip(page, highlights.of(page, search.words), strict=True):
        body["highlight"] = highlight
        if search.point:
            km = kilometres(body["latitude"], body["longitude"], *search.point)
            body["distance_km"] = km if km is None else round(km, 3)
    return page
