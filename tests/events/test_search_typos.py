"""Correction of typos on PostgreSQL."""

from typing import Any

import pytest

from accounts.models import User
from events.models import Event, Word
from events.services.events import update_event
from tests.client import Api
from tests.factories import CategoryFactory, EventFactory

pytestmark = [pytest.mark.django_db, pytest.mark.real]


@pytest.fixture
def calendar(db: None) -> None:
    """A small fixed set with known results."""
    for title, location in {
        "Design Conference": "Zürich",
        "Python Meetup": "Kreuzberg",
        "Jazz Session": "Kreuzberg",
        "Pottery Class": "Old brewery",
    }.items():
        EventFactory.create(title=title, location=location)


def search(api: Api, **query: Any) -> tuple[list[str], str | None]:
    response = api.get("/events/search/", **query)
    titles = [event["title"] for event in response["results"]]
    assert response["count"] == len(titles)
    return titles, response.get("corrected_to")


@pytest.mark.parametrize(
    ("typed", "title", "meant"),
    [
        ("confrence", "Design Conference", "conference"),
        ("conferense", "Design Conference", "conference"),
        ("Confernece", "Design Conference", "conference"),
        ("pyhton", "Python Meetup", "python"),
        ("pythn", "Python Meetup", "python"),
        ("potery", "Pottery Class", "pottery"),
        ("zurihc", "Design Conference", "zurich"),
        ("desing confrence", "Design Conference", "design conference"),
        ('"pyhton meetup"', "Python Meetup", '"python meetup"'),
        ("pyhton -jazz", "Python Meetup", "python -jazz"),
    ],
)
def test_typo_is_corrected(as_ada: Api, calendar: None, typed: str, title: str, meant: str) -> None:
    assert search(as_ada, q=typed) == ([title], meant)


def test_exact_words_are_never_corrected(as_ada: Api, calendar: None) -> None:
    EventFactory.create(title="Confrence of the misspelt")
    assert search(as_ada, q="confrence") == (["Confrence of the misspelt"], None)


def test_word_without_a_similar_one_finds_nothing(as_ada: Api, calendar: None) -> None:
    assert search(as_ada, q="xylophone") == ([], None)


def test_short_words_are_not_corrected(as_ada: Api, calendar: None) -> None:
    EventFactory.create(title="Sea")
    assert search(as_ada, q="tea") == ([], None)


def test_excluded_words_are_not_corrected(as_ada: Api, calendar: None) -> None:
    assert search(as_ada, q="xyzabc -confrence") == ([], None)


def test_known_words_are_not_corrected_if_filters_exclude_all(as_ada: Api, calendar: None) -> None:
    CategoryFactory.create(slug="music")
    assert search(as_ada, q="conference", category="music") == ([], None)


def test_other_case_and_accents_are_no_correction(as_ada: Api, calendar: None) -> None:
    EventFactory.create(title="ACDC Tribute")
    CategoryFactory.create(slug="music")
    assert search(as_ada, q="ACDC", category="music") == ([], None)
    assert search(as_ada, q="ZÜRICH", category="music") == ([], None)


def test_correction_without_results_is_not_used(as_ada: Api, calendar: None) -> None:
    CategoryFactory.create(slug="music")
    assert search(as_ada, q="confrence", category="music") == ([], None)
    assert search(as_ada, q="confrence xylophone") == ([], None)
    as_ada.get("/events/search/", q="confrence", category="music", page=2, expect=404)


@pytest.mark.parametrize(
    ("title", "typed", "meant"),
    [
        ("Python in 東京", "東京 pyhton", "東京 python"),
        ("Python Москва", "Москва pyhton", "Москва python"),
        ("Python हिन्दी", "हिन्दी pyhton", "हिन्दी python"),
        ("Python 🎉", "🎉pyhton🎉", None),
        ("Python Łódź", "Łódź, pyhton!", "Łódź, python!"),
        ("Концерты зимой", "концетры зимой", "концерты зимой"),
        ("Conf Python", "conf pyhton", "conf python"),
        ("Python Conferences", "conferen pyhton", "conferen python"),
        ("Node.js Workshop", "node.js worskhop", "node.js workshop"),
    ],
    ids=[
        "japanese", "russian", "hindi", "emoji", "polish", "russian-typo", "known", "beginning",
        "signs",
    ],
)  # fmt: skip
def test_correct_words_are_unchanged(
    as_ada: Api, title: str, typed: str, meant: str | None
) -> None:
    EventFactory.create(title="戸京 Москит हिन्द कविता cons node mode")
    EventFactory.create(title=title)
    assert search(as_ada, q=typed) == ([title] if meant else [], meant)


def test_pages_facets_and_highlights_are_of_the_corrected_words(as_ada: Api) -> None:
    EventFactory.create_batch(3, title="Design Conference", category=CategoryFactory.create())
    response = as_ada.get("/events/search/", q="confrence", facets="true", limit=2, page=2)
    assert (response["count"], len(response["results"])) == (3, 1)
    assert [category["count"] for category in response["facets"]["categories"]] == [3]
    [event] = response["results"]
    assert event["highlight"]["title"] == "Design <mark>Conference</mark>"


def test_page_past_the_end_is_not_corrected(as_ada: Api, calendar: None) -> None:
    as_ada.get("/events/search/", q="confrence", page=2, expect=404)
    as_ada.get("/events/search/", q="conference", page=2, expect=404)


def test_words_of_drafts_are_not_known(olive: User) -> None:
    draft = EventFactory.create(
        title="Surprise party", location="", created_by=olive, status=Event.Status.DRAFT
    )
    assert list(Word.objects.all()) == []
    update_event(event_id=draft.pk, changes={"status": Event.Status.PUBLISHED})
    assert {word.pk for word in Word.objects.all()} == {"party", "surprise"}


def test_words_are_folded_and_without_numbers(db: None) -> None:
    EventFactory.create(title="Übermut! 2027 (no4you) und Jazz", location="Straße")
    assert {word.pk for word in Word.objects.all()} == {"ubermut", "jazz", "strasse"}
