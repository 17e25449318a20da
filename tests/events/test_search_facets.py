"""Facets: counts of search results by category and tag."""

from typing import Any

import pytest

from events.models import Event
from events.search import facets
from tests.client import Api
from tests.factories import CategoryFactory, EventFactory, TagFactory, end

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def catalogue(db: None) -> None:
    """A small fixed set with known counts."""
    music = CategoryFactory.create(slug="music", name="Music")
    tech = CategoryFactory.create(slug="tech", name="Technology")
    free = TagFactory.create(slug="free", name="Free")
    late = TagFactory.create(slug="late", name="Late")
    EventFactory.create(title="jazz one", category=music, tags=[free, late])
    EventFactory.create(title="jazz two", category=music, tags=[late])
    EventFactory.create(title="jazz in code", category=tech, tags=[free, late])
    EventFactory.create(title="jazz anywhere")
    EventFactory.create(title="chess", category=tech, tags=[free])
    end(EventFactory.create(title="jazz that was", category=music, tags=[late]))
    EventFactory.create(title="jazz", category=music, status=Event.Status.DRAFT)


def counts(api: Api, **query: Any) -> tuple[dict[str, int], dict[str, int]]:
    response = api.get("/events/search/", facets="true", **query)
    categories, tags = response["facets"]["categories"], response["facets"]["tags"]
    assert "facets_are_estimates" not in response
    return (
        {facet["slug"]: facet["count"] for facet in categories},
        {facet["slug"]: facet["count"] for facet in tags},
    )


def test_counts_include_all_results(as_ada: Api, catalogue: None) -> None:
    assert counts(as_ada, q="jazz", limit=1) == ({"music": 2, "tech": 1}, {"late": 3, "free": 2})
    assert counts(as_ada) == ({"music": 2, "tech": 2}, {"free": 3, "late": 3})


def test_facets_are_sorted_by_count(as_ada: Api, catalogue: None) -> None:
    facets = as_ada.get("/events/search/", q="jazz", facets="true")["facets"]
    assert facets["categories"] == [
        {"slug": "music", "name": "Music", "count": 2},
        {"slug": "tech", "name": "Technology", "count": 1},
    ]
    assert [tag["name"] for tag in facets["tags"]] == ["Late", "Free"]


def test_categories_are_counted_as_if_none_were_chosen(as_ada: Api, catalogue: None) -> None:
    expected = ({"music": 2, "tech": 1}, {"late": 1, "free": 1})
    assert counts(as_ada, q="jazz", category="tech") == expected
    tech = as_ada.get("/events/search/", category="tech")["results"][0]["category"]["id"]
    assert counts(as_ada, q="jazz", category_id=tech) == expected


def test_tags_are_counted_among_the_results(as_ada: Api, catalogue: None) -> None:
    assert counts(as_ada, q="jazz", tags="free") == (
        {"music": 1, "tech": 1},
        {"free": 2, "late": 2},
    )


def test_nothing_found_has_no_facets(as_ada: Api, catalogue: None) -> None:
    assert counts(as_ada, q="nothing at all") == ({}, {})


def test_facets_are_returned_on_request_only(as_ada: Api, catalogue: None) -> None:
    assert "facets" not in as_ada.get("/events/search/", q="jazz")
    assert "facets" not in as_ada.get("/events/search/", q="jazz", facets="false")


def test_counting_is_bounded_and_marked_as_an_estimate(
    as_ada: Api, catalogue: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facets, "COUNT_EXACT_UP_TO", 3)
    response = as_ada.get("/events/search/", q="jazz", facets="true")
    assert response["facets_are_estimates"] is True
    assert sum(category["count"] for category in response["facets"]["categories"]) <= 3
