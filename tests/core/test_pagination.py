"""Pages of lists."""

from typing import Any

import pytest

from core.api import pagination
from events.models import Tag
from tests.client import Api, refusal
from tests.factories import TagFactory

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def tags() -> list[Tag]:
    return TagFactory.create_batch(25)


def test_page_holds_20_by_default(as_ada: Api, tags: list[Tag]) -> None:
    page = as_ada.get("/tags/")
    assert (page["count"], len(page["results"]), page["previous"]) == (25, 20, None)
    assert page["next"] == "http://testserver/api/tags/?page=2"
    assert "count_is_estimate" not in page


def test_last_page_links_back_to_the_first(as_ada: Api, tags: list[Tag]) -> None:
    page = as_ada.get("/tags/", page=2)
    assert (len(page["results"]), page["next"], page["previous"]) == (
        5,
        None,
        "http://testserver/api/tags/",
    )


def test_pages_hold_every_row_once(as_ada: Api, tags: list[Tag]) -> None:
    pages = [as_ada.get("/tags/", page=number, limit=10)["results"] for number in (1, 2, 3)]
    assert sorted(tag["id"] for page in pages for tag in page) == sorted(tag.pk for tag in tags)


def test_limit_is_capped_at_100_in_the_links(as_ada: Api) -> None:
    TagFactory.create_batch(201)
    page = as_ada.get("/tags/", limit=5000, page=2)
    assert len(page["results"]) == 100
    assert page["next"] == "http://testserver/api/tags/?limit=100&page=3"
    assert page["previous"] == "http://testserver/api/tags/?limit=100"


def test_links_keep_a_smaller_limit(as_ada: Api, tags: list[Tag]) -> None:
    assert as_ada.get("/tags/", limit=7)["next"] == "http://testserver/api/tags/?limit=7&page=2"


def test_huge_limit_is_capped(as_ada: Api, tags: list[Tag]) -> None:
    page = as_ada.get("/tags/", limit="1" + "0" * 25)
    assert (len(page["results"]), page["next"]) == (25, None)


@pytest.mark.parametrize("name", ["page", "limit"])
@pytest.mark.parametrize("bad", ["0", "-1", "abc", "", "1.5", "²", "٣", "00"])
def test_page_and_limit_must_be_positive_integers(as_ada: Api, name: str, bad: str) -> None:
    problem = as_ada.get("/tags/", expect=400, **{name: bad})
    assert refusal(problem) == ((name, "not_a_positive_integer"),)


@pytest.mark.parametrize("page", [2, 10**6, "9" * 60, "1" + "0" * 25, "1" + "0" * 18])
def test_page_past_the_end_is_404(as_ada: Api, page: Any) -> None:
    TagFactory.create()
    assert refusal(as_ada.get("/tags/", expect=404, page=page)) == ("not_found",)


def test_first_page_of_an_empty_list_is_empty(as_ada: Api) -> None:
    assert as_ada.get("/tags/") == {"count": 0, "next": None, "previous": None, "results": []}


@pytest.mark.real
def test_large_count_is_an_estimate(
    as_ada: Api, tags: list[Tag], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pagination, "COUNT_EXACT_UP_TO", 10)
    page = as_ada.get("/tags/", limit=10)
    assert page["count_is_estimate"] is True
    assert page["count"] > 10
    assert len(as_ada.get("/tags/", limit=10, page=3)["results"]) == 5
    assert refusal(as_ada.get("/tags/", expect=404, limit=10, page=4)) == ("not_found",)
    assert refusal(as_ada.get("/tags/", expect=404, page="9" * 60)) == ("not_found",)
