"""Highlights of search results: HTML that is safe to show."""

from typing import Any

import pytest

from tests.client import Api
from tests.factories import EventFactory

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def highlight(api: Api, **query: Any) -> dict[str, str]:
    [event] = api.get("/events/search/", **query)["results"]
    shown: dict[str, str] = event["highlight"]
    return shown


def test_hits_are_marked_in_title_and_description(as_ada: Api) -> None:
    EventFactory.create(title="Late Jazz", description="All that jazz, every night.")
    assert highlight(as_ada, q="jazz") == {
        "title": "Late <mark>Jazz</mark>",
        "description": "All that <mark>jazz</mark>, every night.",
    }


def test_each_word_is_marked_without_accents_too(as_ada: Api) -> None:
    EventFactory.create(title="Fête in Zürich")
    assert highlight(as_ada, q="zurich fete")["title"] == (
        "<mark>Fête</mark> in <mark>Zürich</mark>"
    )


def test_without_words_nothing_is_marked(as_ada: Api) -> None:
    EventFactory.create(title="Jazz & more", description="word " * 100)
    assert highlight(as_ada) == {
        "title": "Jazz &amp; more",
        "description": " ".join(["word"] * 30),
    }


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        (
            "<mark>jazz</mark> <script>alert(1)</script>",
            "&lt;mark&gt;<mark>jazz</mark>&lt;/mark&gt; &lt;script&gt;alert(1)&lt;/script&gt;",
        ),
        (
            "\"jazz\" & 'blues' &lt;b&gt;",
            "&quot;<mark>jazz</mark>&quot; &amp; &#x27;blues&#x27; &amp;lt;b&amp;gt;",
        ),
        ("<b onclick=x>jazz", "&lt;b onclick=x&gt;<mark>jazz</mark>"),
    ],
)
def test_text_is_escaped_before_hits_are_marked(as_ada: Api, title: str, shown: str) -> None:
    EventFactory.create(title=title, description=title)
    assert highlight(as_ada, q="jazz") == {"title": shown, "description": shown}


@pytest.mark.parametrize("word", ["mark", "amp", "lt", "quot", "x27"])
def test_words_of_the_markup_are_not_marked(as_ada: Api, word: str) -> None:
    EventFactory.create(title=f"Jazz & 'blues' <i> \"{word}\"")
    assert highlight(as_ada, q=f"jazz {word}")["title"] == (
        f"<mark>Jazz</mark> &amp; &#x27;blues&#x27; &lt;i&gt; &quot;<mark>{word}</mark>&quot;"
    )


def test_long_description_is_cut_around_the_hit(as_ada: Api) -> None:
    description = f"{'before ' * 200}jazz {'after ' * 200}"
    EventFactory.create(title="Evening", description=description)
    shown = highlight(as_ada, q="jazz")["description"]
    assert shown == f"{'before ' * 5}<mark>jazz</mark>{' after' * 24}"


@pytest.mark.real
def test_word_forms_are_marked(as_ada: Api) -> None:
    EventFactory.create(title="Running with friends")
    assert highlight(as_ada, q="run")["title"] == "<mark>Running</mark> with friends"


@pytest.mark.parametrize(
    ("title", "q", "shown"),
    [
        pytest.param("Jazz/Blues", "blues", "Jazz/<mark>Blues</mark>", id="sign"),
        pytest.param("Node.js", "nodejs", "<mark>Node.js</mark>", id="joined"),
        pytest.param("Node.js", "node js", "<mark>Node</mark>.<mark>js</mark>", id="apart"),
        pytest.param("東京ジャズ", "ジャズ", "東京<mark>ジャズ</mark>", id="dense"),
        pytest.param("Party 🎉", "🎉", "Party <mark>🎉</mark>", id="emoji"),
        pytest.param(
            "Fe\u0302te & Co", "fête", "<mark>Fe\u0302te</mark> &amp; Co", id="decomposed"
        ),
        pytest.param("ΟΔΟΣ", "οδός", "<mark>ΟΔΟΣ</mark>", id="greek"),
        pytest.param("Łódź", "lodz", "<mark>Łódź</mark>", id="polish"),
        pytest.param("Jazz, no Blues", "jazz -soul", "<mark>Jazz</mark>, no Blues", id="excluded"),
    ],
)
def test_hits_keep_their_spelling(as_ada: Api, title: str, q: str, shown: str) -> None:
    EventFactory.create(title=title)
    assert highlight(as_ada, q=q)["title"] == shown


@pytest.mark.real
@pytest.mark.parametrize(
    ("title", "q", "shown"),
    [
        ("The Jazz of the Day", "the jazz", "The <mark>Jazz</mark> of the Day"),
        ("The Who", "the who", "<mark>The</mark> <mark>Who</mark>"),
        ("Straßenmusik", "strassen", "<mark>Straßenmusik</mark>"),
        ("Runner’s World", "runners", "<mark>Runner</mark>’s World"),
        ("Jazz and Jazzercise", '"jazz"', "<mark>Jazz</mark> and Jazzercise"),
    ],
    ids=["stop-word", "stop-words-only", "beginning", "stem", "phrase"],
)
def test_whole_words_are_marked(as_ada: Api, title: str, q: str, shown: str) -> None:
    EventFactory.create(title=title)
    assert highlight(as_ada, q=q)["title"] == shown


@pytest.mark.real
def test_each_result_has_its_own_highlights(as_ada: Api) -> None:
    EventFactory.create(title="Jazz one")
    EventFactory.create(title="Jazz two")
    results = as_ada.get("/events/search/", q="jazz")["results"]
    assert [event["highlight"]["title"] for event in results] == [
        "<mark>Jazz</mark> one",
        "<mark>Jazz</mark> two",
    ]


@pytest.mark.embedded
class TestSqlite:
    def test_parts_of_words_are_marked(self, as_ada: Api) -> None:
        EventFactory.create(title="Straßenfest")
        assert highlight(as_ada, q="strasse")["title"] == "<mark>Straße</mark>nfest"

    def test_overlapping_words_are_marked_once(self, as_ada: Api) -> None:
        EventFactory.create(title="Jazzy")
        assert highlight(as_ada, q="jazz jazzy azz")["title"] == "<mark>Jazzy</mark>"

    def test_signs_folded_into_blanks_are_not_marked(self, as_ada: Api) -> None:
        EventFactory.create(title="a ´ b")
        assert highlight(as_ada, q="a ´")["title"] == "<mark>a</mark> ´ b"
