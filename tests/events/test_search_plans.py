"""Each kind of query uses its index."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.api import pagination
from demo.generated import generate_events
from events.search.typos import corrected
from tests.client import Api
from tests.factories import CategoryFactory, EventFactory, TagFactory

pytestmark = [pytest.mark.django_db, pytest.mark.real]

BERLIN = "52.52,13.405"
QUESTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "the list": ("", {}),
    "a late page": ("", {"page": 140}),
    "by title": ("", {"ordering": "title"}),
    "an organizer": ("", {"organizer": "olive"}),
    "full events": ("", {"is_full": "true"}),
    "a part of the title": ("", {"title": "no. 1234"}),
    "a part of the location": ("", {"location": "suva"}),
    "two letters of the title": ("", {"title": "qx"}),
    "other letters in the location": ("", {"location": "東京"}),
    "my own": ("", {"mine": "true"}),
    "now": ("", {"when": "now"}),
    "the weekend": ("", {"when": "weekend"}),
    "words": ("search/", {"q": "1234"}),
    "a part of other letters": ("search/", {"q": "東京"}),
    "stop words": ("search/", {"q": "the who"}),
    "a radius": ("search/", {"near": BERLIN, "radius_km": 1}),
    "nearest first": ("search/", {"near": BERLIN, "sort": "distance"}),
    "the beginning of a word": ("suggest/", {"q": "1234"}),
    "a beginning in other letters": ("suggest/", {"q": "東京"}),
}


def plans(statements: list[str], *, by_order: bool = False) -> str:
    """Return the plans; with `by_order`, for so few rows that sorting would be cheaper."""
    lines: list[str] = []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"SET LOCAL enable_sort = {'off' if by_order else 'on'}")
        for sql in statements:
            cursor.execute("EXPLAIN " + sql.replace("%", "%%"), [])
            lines += [line for (line,) in cursor.fetchall()]
    return "\n".join(lines)


def indexes(statements: list[str], *, by_order: bool = False) -> set[str]:
    plan = plans(statements, by_order=by_order)
    return set(re.findall(r"(?:using|on) ((?:event_|word_|tally_|rating_)\w+)", plan))


def test_each_kind_has_its_index(as_ada: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """One test for all kinds, because loading 3,000 events takes seconds."""
    monkeypatch.setattr(pagination, "COUNT_EXACT_UP_TO", 100)
    CategoryFactory.create_batch(9)
    chosen = CategoryFactory.create()
    TagFactory.create_batch(2)
    generate_events(3000, lambda batches: batches)
    with connection.cursor() as cursor:  # like autovacuum: pending entries make an index expensive
        for name in (
            "event_search", "event_title_trigrams", "event_location_trigrams",
            "event_title_pieces", "event_location_pieces",
        ):  # fmt: skip
            cursor.execute("SELECT gin_clean_pending_list(%s)", [name])
    used = {}
    questions = QUESTIONS | {"a category": ("", {"category_id": chosen.pk})}
    for kind, (path, query) in questions.items():
        with CaptureQueriesContext(connection) as captured:
            as_ada.get(f"/events/{path}", **query)
        statements = [q["sql"] for q in captured if q["sql"].startswith(("SELECT", "WITH"))]
        used[kind] = indexes(statements)
    with CaptureQueriesContext(connection) as captured:
        assert corrected("pyhton") == "python"
    nearest = [query["sql"] for query in captured if " <-> " in query["sql"]]
    used["a typo"] = indexes(nearest, by_order=True)
    for order, when in (("popularity", "upcoming"), ("rating", "all")):
        with CaptureQueriesContext(connection) as captured:
            as_ada.get("/events/search/", sort=order, when=when)
        used[order] = indexes([q["sql"] for q in captured if " ORDER BY " in q["sql"]])
    wanted = {
        "the list": "event_listed_in_order",
        "a late page": "event_listed_in_order",
        "by title": "event_listed_by_title",
        "an organizer": "event_by_organizer_and_time",
        "full events": "tally_of_full_events",
        "a part of the title": "event_title_trigrams",
        "a part of the location": "event_location_trigrams",
        "two letters of the title": "event_title_pieces",
        "other letters in the location": "event_location_pieces",
        "my own": "event_by_organizer_and_time",
        "now": "event_listed_by_period",
        "the weekend": "event_listed_in_order",
        "words": "event_search",
        "a part of other letters": "event_search",
        "stop words": "event_search",
        "a radius": "event_listed_by_coordinates",
        "nearest first": "event_listed_by_place",
        "the beginning of a word": "event_title_trigrams",
        "a beginning in other letters": "event_title_pieces",
        "a typo": "word_trigrams",
        "popularity": "tally_by_popularity",
        "rating": "rating_by_score",
    }
    # Two indexes begin with it, and which one is chosen depends on the statistics.
    by_category = {"event_by_category", "event_listed_by_category"}
    assert used.pop("a category") & by_category, used
    assert {kind: index in used[kind] for kind, index in wanted.items()} == dict.fromkeys(
        wanted, True
    ), used


FAR_AWAY = "-77.8,166.6"


@pytest.mark.parametrize(
    "filters",
    [{"tags": "free,outdoors"}, {"is_full": "true"}, {"title": "no. 12"}],
    ids=["tags", "full", "title"],
)
def test_search_for_few_distant_events_is_bounded(as_ada: Api, filters: dict[str, Any]) -> None:
    """Few results in a large radius, nearest first, took 3.2 s at 100,000 events.

    Each statement walked the index of places from end to end, and checked the
    other filters for each event that it found.
    """
    CategoryFactory.create()
    for slug in ("free", "outdoors"):
        TagFactory.create(slug=slug)
    generate_events(300, lambda batches: batches)
    query: dict[str, Any] = {"near": FAR_AWAY, "radius_km": 20_000, "sort": "distance"}
    query |= {"facets": "true"} | filters
    with CaptureQueriesContext(connection) as captured:
        as_ada.get("/events/search/", **query)
    statements = [q["sql"] for q in captured if "asin" in q["sql"]]
    assert len(statements) >= 3  # the count, and both kinds of facets
    assert "event_listed_by_place" not in indexes(statements)
    assert "event_listed_by_place" not in indexes(statements, by_order=True)


def test_scan_of_many_events_ends_at_the_radius(
    as_ada: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pagination, "COUNT_EXACT_UP_TO", 100)
    CategoryFactory.create()
    TagFactory.create_batch(2)
    generate_events(300, lambda batches: batches)
    with CaptureQueriesContext(connection) as captured:
        page = as_ada.get("/events/search/", near=BERLIN, radius_km=20_000, sort="distance")
    assert page["count_is_estimate"] is True
    [walk] = [q["sql"] for q in captured if "<@ cube_enlarge" in q["sql"]]
    assert "event_listed_by_place" in indexes([walk], by_order=True)


@pytest.mark.parametrize("path", ["", "search/", "search/?q=chess&limit=1", "suggest/?q=chess"])
def test_the_first_start_is_calculated_once(
    as_ada: Api, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pagination, "COUNT_EXACT_UP_TO", 1)  # only many matches are skipped
    EventFactory.create_batch(2, title="chess")
    as_ada.get(f"/events/{path}")
    with CaptureQueriesContext(connection) as captured:
        as_ada.get(f"/events/{path}")
    statements = [q["sql"] for q in captured if "events_first_start" in q["sql"]]
    assert len(statements) == 1
    assert re.findall(r"(?:Filter|Cond): .*events_first_start", plans(statements)) == []
