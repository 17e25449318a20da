"""Full-text search on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from events.models import Event
from events.search import listings
from rsvp.services import join_event
from tests.client import Api, refusal
from tests.factories import CategoryFactory, EventFactory, TagFactory, end

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def titles_found(api: Api, **query: Any) -> list[str]:
    return [event["title"] for event in api.get("/events/search/", **query)["results"]]


def test_words_are_found_in_any_field(as_ada: Api) -> None:
    EventFactory.create(title="Jazz night")
    EventFactory.create(title="Evening", description="With a jazz trio.")
    EventFactory.create(title="Concert", location="Jazz cellar")
    EventFactory.create(title="Chess")
    assert sorted(titles_found(as_ada, q="jazz")) == ["Concert", "Evening", "Jazz night"]


def test_all_words_must_match(as_ada: Api) -> None:
    EventFactory.create(title="Jazz in the park")
    EventFactory.create(title="Jazz in the cellar")
    assert titles_found(as_ada, q="jazz park") == ["Jazz in the park"]


def test_title_ranks_highest(as_ada: Api) -> None:
    soon = timezone.now() + timedelta(days=1)
    EventFactory.create(
        title="Sooner", description="jazz", start_time=soon, end_time=soon + timedelta(hours=1)
    )
    EventFactory.create(title="Jazz")
    assert titles_found(as_ada, q="jazz") == ["Jazz", "Sooner"]
    assert titles_found(as_ada, q="jazz", sort="date") == ["Sooner", "Jazz"]


def test_accents_and_case_do_not_matter(as_ada: Api) -> None:
    EventFactory.create(title="Fête in ZÜRICH")
    assert (
        titles_found(as_ada, q="zurich fete")
        == titles_found(as_ada, q="Zürich FÊTE")
        == ["Fête in ZÜRICH"]
    )


def test_search_without_words_is_sorted_by_date(as_ada: Api) -> None:
    late = datetime(timezone.now().year + 2, 1, 1, tzinfo=UTC)
    EventFactory.create(title="late", start_time=late, end_time=late + timedelta(hours=1))
    EventFactory.create(title="soon")
    assert titles_found(as_ada) == titles_found(as_ada, q="  ") == ["soon", "late"]


def test_category_and_tags_are_exact(as_ada: Api) -> None:
    music, musical = CategoryFactory.create(slug="music"), CategoryFactory.create(slug="musical")
    jazz, free = TagFactory.create(slug="jazz"), TagFactory.create(slug="free")
    EventFactory.create(title="one", category=music, tags=[jazz, free])
    EventFactory.create(title="two", category=musical, tags=[jazz])
    assert titles_found(as_ada, category="music") == ["one"]
    assert titles_found(as_ada, tags="jazz,free") == ["one"]
    assert titles_found(as_ada, category="mus") == []
    assert titles_found(as_ada, q="one", category="music", tags="free") == ["one"]


def test_sort_by_popularity(as_ada: Api, ada: User) -> None:
    EventFactory.create(title="quiet jazz")
    join_event(event_id=EventFactory.create(title="loud jazz").pk, attendee=ada)
    assert titles_found(as_ada, q="jazz", sort="popularity") == ["loud jazz", "quiet jazz"]


def test_list_filters_work_in_search(as_ada: Api) -> None:
    end(EventFactory.create(title="jazz that was"))
    EventFactory.create(title="jazz to come", location="Berlin")
    assert titles_found(as_ada, q="jazz") == ["jazz to come"]
    assert titles_found(as_ada, q="jazz", when="past") == ["jazz that was"]
    assert titles_found(as_ada, q="jazz", location="berlin") == ["jazz to come"]


def test_drafts_are_not_found(as_olive: Api, olive: User) -> None:
    EventFactory.create(title="jazz", created_by=olive, status=Event.Status.DRAFT)
    assert titles_found(as_olive, q="jazz") == []
    assert titles_found(as_olive, q="jazz", mine="true") == ["jazz"]


def test_ranked_results_come_with_their_extras(as_ada: Api, ada: User) -> None:
    join_event(event_id=EventFactory.create(title="jazz").pk, attendee=ada)
    [event] = as_ada.get("/events/search/", q="jazz")["results"]
    assert event["my_rsvp"]["status"] == "going"


@pytest.mark.parametrize(
    "words",
    [
        "& | ! ( ) :* <->",
        "'''",
        '"""',
        "-",
        "a OR",
        "%",
        "_",
        "\\",
        "jazz & | !",
        "((((((((",
        "🎉",
        "or or or",
        " ".join(["x"] * 128),
        "a" * 256,
        "<script>",
        "'; DROP TABLE events_event; --",
    ],
)
@pytest.mark.parametrize("sort", ["relevance", "date"])
def test_any_query_is_accepted(as_ada: Api, words: str, sort: str) -> None:
    EventFactory.create(title="jazz")
    as_ada.get("/events/search/", q=words, sort=sort, facets="true")


@pytest.mark.parametrize(
    ("query", "name", "code"),
    [
        ({"q": "x" * 257}, "q", "max_length"),
        ({"q": " ".join(["word"] * 1500)}, "q", "max_length"),
        ({"q": "\x00"}, "q", "null_characters_not_allowed"),
        ({"sort": "colour"}, "sort", "invalid_choice"),
        ({"limit": "0"}, "limit", "not_a_positive_integer"),
        ({"limit": "abc"}, "limit", "not_a_positive_integer"),
    ],
)
def test_invalid_parameter_is_named(
    as_ada: Api, query: dict[str, str], name: str, code: str
) -> None:
    problem = as_ada.get("/events/search/", expect=400, **query)
    assert refusal(problem) == ((name, code),)


def test_ranking_reads_a_bounded_set_and_omits_nothing(
    as_ada: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The soonest matches are ranked, the rest follows by date; pages hold each once."""
    monkeypatch.setattr(listings, "RANKED_MATCHES", 3)
    for day in range(1, 8):
        start = timezone.now() + timedelta(days=day)
        word = "jazz" if day in (3, 7) else "evening"
        EventFactory.create(
            title=f"{word} {day}",
            description="jazz",
            start_time=start,
            end_time=start + timedelta(hours=1),
        )
    expected = ["jazz 3", "evening 1", "evening 2", "evening 4", "evening 5", "evening 6", "jazz 7"]
    assert titles_found(as_ada, q="jazz") == expected
    numbered = [titles_found(as_ada, q="jazz", limit=2, page=number) for number in (1, 2, 3, 4)]
    assert [title for page in numbered for title in page] == expected


@pytest.mark.real
class TestPostgres:
    def test_ranking_does_not_repeat_the_search(self, as_ada: Api, event: Event) -> None:
        """A repeated search ran the inner query for each row if PostgreSQL had no statistics."""
        with CaptureQueriesContext(connection) as captured:
            titles_found(as_ada, q="event")
        [page] = [q["sql"] for q in captured if "ts_rank" in q["sql"]]
        assert page.count("@@") == 1

    def test_phrases_alternatives_and_exclusions(self, as_ada: Api) -> None:
        EventFactory.create(title="Jazz night")
        EventFactory.create(title="Night of jazz")
        EventFactory.create(title="Chess night")
        assert titles_found(as_ada, q='"jazz night"') == ["Jazz night"]
        assert sorted(titles_found(as_ada, q="jazz or chess")) == [
            "Chess night",
            "Jazz night",
            "Night of jazz",
        ]
        assert titles_found(as_ada, q="night -jazz") == ["Chess night"]

    def test_word_forms_are_found(self, as_ada: Api) -> None:
        EventFactory.create(title="Running with friends")
        assert titles_found(as_ada, q="run friend") == ["Running with friends"]

    def test_location_ranks_above_description(self, as_ada: Api) -> None:
        EventFactory.create(title="one", description="harbour")
        EventFactory.create(title="two", location="harbour")
        assert titles_found(as_ada, q="harbour") == ["two", "one"]

    def test_renamed_event_is_found_by_its_new_name(
        self, as_olive: Api, as_ada: Api, event: Event
    ) -> None:
        as_olive.patch(f"/events/{event.pk}/", {"title": "Poetry slam"})
        assert titles_found(as_ada, q="poetry") == ["Poetry slam"]
