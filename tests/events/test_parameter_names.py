"""Query parameters with two names, of which one is deprecated."""

from typing import Any

import pytest

from core.api.deprecation import DEPRECATED_AT, REMOVED_AT
from tests.client import Api, refusal
from tests.factories import CategoryFactory, EventFactory, TagFactory

pytestmark = pytest.mark.both

LISTS = ["/events/", "/events/search/"]
PAIRS = [("search", "q"), ("ordering", "sort"), ("category_id", "category")]


def titles(api: Api, path: str, **query: Any) -> list[str]:
    return [event["title"] for event in api.get(path, **query)["results"]]


@pytest.mark.parametrize("path", LISTS)
class TestBothNames:
    def test_words(self, as_ada: Api, path: str) -> None:
        EventFactory.create(title="Jazz night")
        EventFactory.create(title="Chess")
        for query in ({"q": "jazz"}, {"search": "jazz"}, {"q": "jazz", "search": "jazz"}):
            assert titles(as_ada, path, **query) == ["Jazz night"]

    @pytest.mark.parametrize("order", ["title", "-title", "popularity", "date", "-created_at"])
    def test_order(self, as_ada: Api, path: str, order: str) -> None:
        for title in "bac":
            EventFactory.create(title=title)
        found = titles(as_ada, path, sort=order)
        assert titles(as_ada, path, ordering=order) == found
        if order == "-title":
            assert found == ["c", "b", "a"]

    def test_category(self, as_ada: Api, path: str) -> None:
        music = CategoryFactory.create(slug="music")
        numbered = CategoryFactory.create(slug="2027")
        EventFactory.create(title="Jazz", category=music)
        EventFactory.create(title="Numbered", category=numbered)
        EventFactory.create(title="None")
        for query in ({"category": "music"}, {"category": music.pk}, {"category_id": music.pk}):
            assert titles(as_ada, path, **query) == ["Jazz"]
        assert titles(as_ada, path, category="2027") == ["Numbered"]
        assert titles(as_ada, path, category="9" * 30) == []

    def test_tags_by_id_or_slug(self, as_ada: Api, path: str) -> None:
        jazz, free = TagFactory.create(slug="jazz"), TagFactory.create(slug="free")
        EventFactory.create(title="both", tags=[jazz, free])
        EventFactory.create(title="one", tags=[jazz])
        assert titles(as_ada, path, tags=f"free,{jazz.pk}") == ["both"]

    @pytest.mark.parametrize(("old", "new"), PAIRS)
    def test_different_values_are_refused(self, as_ada: Api, path: str, old: str, new: str) -> None:
        values = {"search": ("a", "b"), "ordering": ("date", "rating"), "category_id": ("1", "2")}
        query = dict(zip((old, new), values[old], strict=True))
        assert refusal(as_ada.get(path, expect=400, **query)) == ((old, "conflicting"),)

    @pytest.mark.parametrize("name", ["sort", "ordering"])
    def test_error_has_the_name_that_was_sent(self, as_ada: Api, path: str, name: str) -> None:
        problem = as_ada.get(path, expect=400, **{name: "colour"})
        assert refusal(problem) == ((name, "invalid_choice"),)

    def test_deprecated_names_are_announced(self, as_ada: Api, path: str) -> None:
        def headers(query: str) -> Any:
            response = as_ada.client.get(f"/api{path}{query}")
            return response.headers.get("Deprecation"), response.headers.get("Sunset")

        announced = ("@1796083200", "Wed, 01 Dec 2027 00:00:00 GMT")
        for query in ("?search=a", "?ordering=title", "?category_id=1", "?category_id=x"):
            assert headers(query) == announced
        assert headers("?q=a&sort=title&category=1") == (None, None)


def test_names_are_removed_six_months_later_at_the_earliest() -> None:
    assert (REMOVED_AT - DEPRECATED_AT).days >= 182


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_deprecated_names_are_marked_in_swagger(
    as_nobody: Api, path: str, old: str, new: str
) -> None:
    spec = as_nobody.client.get("/swagger.json").json()
    described = {param["name"]: param for param in spec["paths"][path]["get"]["parameters"]}
    assert described[old]["x-deprecated"] is True
    assert described[old]["description"] == f"Deprecated: use `{new}`."
    assert "x-deprecated" not in described[new]
