"""Realistic titles and queries."""

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from events.models import Event
from events.search.folding import fold
from events.search.full_text import matching
from events.search.suggestions import suggest
from tests.client import Api
from tests.factories import EventFactory
from tests.ids import short_id
from tests.settings import IS_REAL

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.slow]

FOUND: list[tuple[str, str]] = [
    # Signs divide words, in titles and in queries.
    ("Jazz/Blues Night", "blues"),
    ("Jazz/Blues Night", "blues/jazz"),
    ("Jazz/Blues Night", "jazz blues"),
    ("Node.js Meetup", "node"),
    ("Node.js Meetup", "js"),
    ("Node.js Meetup", "node.js"),
    ("Node.js Meetup", "node js"),
    ("Node.js Meetup", "nodejs"),
    ("NodeJS Meetup", "nodejs"),
    ("NodeJS Meetup", "node.js"),
    ("Blink-182", "blink"),
    ("Blink-182", "182"),
    ("Blink-182", "blink 182"),
    ("Blink-182", "blink-182"),
    ("Blink-182", "blink182"),
    ("Blink 182", "blink182"),
    ("Blink182", "blink 182"),
    ("Blink182", "blink-182"),
    ("drum_and_bass", "bass"),
    ("drum_and_bass", "drum and bass"),
    ("Rock|Pop|Soul", "pop"),
    ("team@work day", "work"),
    ("team@work day", "team@work"),
    ("AC/DC Tribute", "acdc"),
    ("AC/DC Tribute", "ac dc"),
    ("R&B Evening", "r&b"),
    ("Rock'n'Roll Ball", "rock n roll"),
    ("Sinéad O’Connor", "o'connor"),
    ("Sinéad O’Connor", "oconnor"),
    ("Sinéad O’Connor", "connor"),
    ("Concert—Live", "live"),
    ("(Re)Connect: An Evening", "connect"),
    ("24/7 Hackathon", "24/7"),
    ("3.14 Pi Day", "3.14"),
    ("1,000 Lights", "1000"),
    ("Web3.0 Summit", "web3"),
    ("COVID-19 Talk", "covid19"),
    ("#TechTalk", "techtalk"),
    ("C++ User Group", "c++"),
    ('12" Vinyl and Coffee', '12" coffee vinyl'),
    ("Trick or Treat", "trick or treat"),
    ("Or", "or"),
    ("Best “Live Night” of Jazz", "“live night”"),
    ("Jazz in 東京 Now", '"jazz in 東京 now"'),
    ("www.example.com Launch", "example"),
    # Stop words only.
    ("The Who", "the who"),
    ("The Who", "The Who"),
    ("IT", "it"),
    ("IT Careers", "IT"),
    ("To Be or Not to Be", "to be or not to be"),
    ("Now", "now"),
    ("It's Me", "it's"),
    # Whole words and their beginnings, in any language.
    ("Weihnachtsmarkt in Köln", "weihnachtsmarkt"),
    ("Weihnachtsmarkt in Köln", "weihnachts"),
    ("Weihnachtsmarkt in Köln", "koln"),
    ("Straßenmusik", "strassen"),
    ("Konferencja w Łodzi", "konferen lodzi"),
    ("Święto Łódź", "lodz"),
    ("Święto Łódź", "swieto łódź"),
    ("Smørrebrød og øl", "smorrebrod"),
    ("İstanbul Gecesi", "istanbul"),
    ("ISTANBUL GECESI", "ıstanbul"),
    ("Φεστιβάλ Ταινίας", "ΦΕΣΤΙΒΑΛ"),
    ("ΟΔΟΣ ΤΕΧΝΗΣ", "οδός"),
    ("Концерт ёлка", "концерт елка"),
    ("Концерты зимой", "КОНЦЕРТ"),
    ("אֵירוּעַ גדול", "אירוע"),
    ("مهرجان الموسيقى", "مهرجان"),
    ("हिन्दी कविता", "हिन्दी"),
    ("Fe\u0302te de la musique", "fête"),
    ("Fête de la musique", "fe\u0302te"),
    ("𝐉𝐚𝐳𝐳 𝐍𝐢𝐠𝐡𝐭", "jazz night"),
    ("ＪＡＺＺ　ナイト", "jazz"),
    # A part of a text without spaces.
    ("東京ジャズフェスティバル", "東京"),
    ("東京ジャズフェスティバル", "ジャズ"),
    ("東京ジャズフェスティバル", "京"),
    ("東京ジャズフェスティバル", "ル"),
    ("東京ジャズフェスティバル", "ﾌｪｽﾃｨﾊﾞﾙ"),
    ("上海音乐节2027", "音乐"),
    ("上海音乐节2027", "2027"),
    ("부산국제영화제", "국제"),
    ("부산국제영화제", "\u1100\u116e\u11a8\u110c\u1166"),
    ("เทศกาลดนตรีกรุงเทพ", "ดนตรี"),
    ("Party 🎉🎈 tonight", "🎉"),
    ("Party 🎉🎈 tonight", "🎈 party"),
    ("Jazz東京Night", "東京 night"),
    ("🏳️‍🌈 Pride", "🌈"),
]  # fmt: skip
MISSED: list[tuple[str, str]] = [
    ("Jazz/Blues Night", "soul"),
    ("Blink-182", "183"),
    ("Node.js Meetup", "node.py"),
    ("Whole Foods", "the who"),
    ("Pop", "rock or soul"),
    ("Party 🎉", "🎈"),
    ("東京ジャズ", "京都"),
    ("東京ジャズ", "東ジ"),
    ("เทศกาลดนตรี", "กรุงเทพ"),
    ("Концерты зимой", "балет"),
    ("100% Jazz", "%"),
    ("100% Jazz", "--"),
]
# On PostgreSQL words are whole words or beginnings; on SQLite they are parts of the text.
MISSED_BY_WORDS = [
    ("Bejazzled", "jazz"),
    ("Limit 1000", "100"),
    ("Bit by Bit", "it"),
    ("Jazz Night", '"night jazz"'),
    ("Jazz Night", '"jazz nig"'),
]
# SQLite stems nothing.
FOUND_BY_STEMS = [
    ("Running with Friends", "runs friend"),
    ("Children's Festival", "festivals for children"),
]


def titles_found(api: Api, q: str) -> list[str]:
    response = api.get("/events/search/", q=q)
    assert "corrected_to" not in response
    return [event["title"] for event in response["results"]]


def named(pairs: list[tuple[str, str]]) -> list[Any]:
    return [pytest.param(*pair, id=" by ".join(map(short_id, pair))) for pair in pairs]


@pytest.mark.parametrize(("title", "q"), named(FOUND + FOUND_BY_STEMS * IS_REAL))
def test_title_is_found(as_ada: Api, title: str, q: str) -> None:
    # SQLite finds parts of words in descriptions too.
    stop_words = "It is for the who, to be or not to be now." if IS_REAL else ""
    EventFactory.create(title="Something else", description=stop_words)
    EventFactory.create(title=title)
    assert titles_found(as_ada, q) == [title]


@pytest.mark.parametrize(("title", "q"), named(MISSED + MISSED_BY_WORDS * IS_REAL))
def test_title_is_not_found(as_ada: Api, title: str, q: str) -> None:
    EventFactory.create(title=title)
    assert titles_found(as_ada, q) == []


# For the filters: parts of texts, also within words.
FILTERED: list[tuple[str, str]] = [
    ("Jazz/Blues Night", "blues night"),
    ("Jazz/Blues Night", "jazz / blues"),
    ("Node.js Meetup", "node js"),
    ("Node js Meetup", "node.js"),
    ("Blink-182", "blink 182"),
    ("Blink-182", "ink-1"),
    ("a_b", "a b"),
    ("Święto Łódź", "lodz"),
    ("ΟΔΟΣ ΤΕΧΝΗΣ", "οδός"),
    ("İstanbul Gecesi", "istanbul"),
    ("Fe\u0302te de la musique", "fête de"),
    ("東京ジャズフェスティバル", "ジャズ"),
    ("東京ジャズフェスティバル", "京"),
    ("เทศกาลดนตรีกรุงเทพ", "ดนตรี"),
    ("부산국제영화제", "국제"),
    ("Party 🎉🎈", "🎈"),
    ("Концерты зимой", "церт"),
    ("Œuvre", "oeuvre"),
    ("100% Jazz", "%"),
    ("100% Jazz", "100%"),
]


@pytest.mark.parametrize("name", ["title", "search", "location"])
@pytest.mark.parametrize(("text", "part"), named(FILTERED))
def test_filters_find_a_part(as_ada: Api, text: str, part: str, name: str) -> None:
    EventFactory.create(title="Something else", location="Elsewhere")
    event = EventFactory.create(**{"location": text} if name == "location" else {"title": text})
    query: dict[str, Any] = {name: part}
    results = as_ada.get("/events/", **query)["results"]
    assert [result["id"] for result in results] == [event.pk]


@pytest.mark.parametrize(
    ("title", "part"),
    named([("Jazz/Blues", "blues jazz"), ("東京ジャズ", "東ジ"), ("100 Jazz", "%"), ("a", "--")]),
)
def test_filters_leave_out_other_texts(as_ada: Api, title: str, part: str) -> None:
    EventFactory.create(title=title)
    assert as_ada.get("/events/", title=part)["results"] == []


@pytest.mark.parametrize(
    ("title", "typed"),
    named(
        [
            ("Jazz/Blues Night", "blu"),
            ("Node.js Meetup", "node j"),
            ("Blink-182", "blink 1"),
            ("Blink-182", "18"),
            ("Święto Łódź", "łó"),
            ("東京ジャズ", "ジャ"),
            ("เทศกาลดนตรี", "ดนต"),
            ("Party 🎉🎈", "🎈"),
            ("हिन्दी कविता", "हिन्दी क"),
            ("हिन्दी कविता", "हि"),
        ]
    ),
)
def test_first_letters_suggest_the_title(as_ada: Api, title: str, typed: str) -> None:
    EventFactory.create(title=title)
    assert as_ada.get("/events/suggest/", q=typed) == {"results": [title]}
    assert titles_found(as_ada, title) == [title]


_LETTERS = st.characters(categories=["L", "N", "M", "P", "S", "Zs"])
_WORDS = st.sampled_from(
    ["The", "Who", "IT", "Jazz/Blues", "Node.js", "Łódź", "東京", "🎉", "182", "b2b", "or", '"']
)
_TITLES = st.lists(st.one_of(_WORDS, st.text(_LETTERS, min_size=1, max_size=8)), max_size=5).map(
    " ".join
)


class TestSuggestions(TestCase):
    @settings(max_examples=60)
    @given(_TITLES)
    def test_suggested_titles_are_found(self, title: str) -> None:
        """A minus in front of a word excludes events, even if it is part of a searched title."""
        assume(title.strip() and not any(word.startswith("-") for word in title.split()))
        EventFactory.create(title=title)
        for word in fold(title).split():
            for typed in (word, word[:2]):
                offered = suggest(typed)
                assert title in offered
                for suggestion in offered:
                    assert suggestion in matching(Event.objects.all(), suggestion).values_list(
                        "title", flat=True
                    ), (suggestion, typed)
