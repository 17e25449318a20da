"""Python and PostgreSQL fold every letter to the same text."""

import sys
import unicodedata

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from dev.letters import fold_letter, table, written
from events.search.folding import (
    LETTERS,
    LETTERS_FILE,
    fold,
    fold_letters,
    folded_words,
    joined_words,
    split_word,
)
from tests.settings import IS_REAL

pytestmark = [pytest.mark.both, pytest.mark.slow]

# Neither NUL nor halves of letters beyond the BMP can be stored.
BMP = [chr(code) for code in range(1, 0x10000) if not 0xD800 <= code <= 0xDFFF]


@pytest.fixture(params=["bmp", "beyond"])
def letters(request: pytest.FixtureRequest) -> list[str]:
    if request.param == "bmp":
        return BMP
    return [
        letter
        for letter in map(chr, range(0x10000, sys.maxunicode + 1))
        if letter in LETTERS or unicodedata.category(letter)[0] in "LMNPSZ"
    ]


def folded_by_database(texts: list[str]) -> list[str]:
    with connection.cursor() as cursor:
        if IS_REAL:
            cursor.execute(
                "SELECT events_fold(text) FROM unnest(%s::text[]) WITH ORDINALITY AS t (text, n)"
                " ORDER BY n",
                [texts],
            )
            return [text for (text,) in cursor.fetchall()]
        folded = []
        for text in texts:
            cursor.execute("SELECT fold(%s)", [text])
            folded += [text for (text,) in cursor.fetchall()]
        return folded


def differences(texts: list[str]) -> list[tuple[str, str, str]]:
    by_database = folded_by_database(texts)
    pairs = zip(texts, by_database, strict=True)
    return [(text, other, fold(text)) for text, other in pairs if other != fold(text)]


@pytest.mark.django_db
def test_database_and_python_fold_every_letter_alike(letters: list[str]) -> None:
    """Alone, and after a letter that it can combine with."""
    assert differences(letters) == []
    assert differences([f"a{letter}" for letter in letters]) == []


class TestTexts(TestCase):
    @given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), max_size=20))
    def test_database_and_python_fold_texts_alike(self, texts: list[str]) -> None:
        assert differences(texts) == []


def test_folding_twice_changes_nothing(letters: list[str]) -> None:
    assert [letter for letter in letters if fold(fold(letter)) != fold(letter)] == []


def test_signs_are_ascii_after_letters_are_folded() -> None:
    """SQL and Python divide words at ASCII signs only."""
    left = {
        letter
        for letter in BMP
        for part in fold_letters(letter)
        if not part.isascii() and unicodedata.category(part)[0] in "PZC"
        and unicodedata.category(part) not in ("Cn", "Co")
    }  # fmt: skip
    assert left == set()


def test_table_follows_the_rule() -> None:
    """In any Python version: newer letters of Unicode are not in the table."""
    assert {letter: fold_letter(letter) for letter in LETTERS} == LETTERS
    assert {
        letter for letter in table(map(ord, BMP)) if unicodedata.ucd_3_2_0.category(letter) != "Cn"
    } <= set(LETTERS)
    assert written(LETTERS) == LETTERS_FILE.read_text(encoding="ascii")


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        pytest.param("ΟΔΟΣ Οδός", "οδοσ οδοσ", id="final-sigma"),
        pytest.param("Łódź", "lodz", id="polish"),
        pytest.param("Lo\u0301dz\u0301", "lodz", id="decomposed"),
        pytest.param("Smørrebrød Æbler", "smorrebrod aebler", id="danish"),
        pytest.param("İSTANBUL ıstanbul", "istanbul istanbul", id="turkish"),
        pytest.param("STRASSE Straße ẞ", "strasse strasse ss", id="german"),
        pytest.param("Þórður", "thordur", id="icelandic"),
        pytest.param("Ёлка елка", "елка елка", id="russian"),
        pytest.param("か\u3099っこう が", "がっこう が", id="voiced-kana"),
        pytest.param("ﾊﾟｰﾃｨｰ", "パーティー", id="half-width"),
        pytest.param("\u1112\u1161\u11ab", "한", id="hangul-in-parts"),
        pytest.param("हिन्दी", "हिन्दी", id="vowel-signs-stay"),
        pytest.param("٣ مَرْحَبًا أحمد", "3 مرحبا احمد", id="arabic"),
        pytest.param("ｆｕｌｌ ﬁne 𝐉𝐚𝐳𝐳 Ⅷ", "full fine jazz viii", id="compatible"),
        pytest.param("a\u00adb\u200bc\ufeffd", "abcd", id="invisible"),
        pytest.param("👍🏽 ❤️", "👍 ❤", id="skin-and-variants"),
        pytest.param(" Jazz/Blues – “Live”… ", "jazz blues live", id="signs"),
        pytest.param("100% a_b@c|d", "100 a b c d", id="ascii-signs"),
        pytest.param("%", "", id="signs-alone"),
    ],
)
def test_text_is_folded(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("Node.js", ["nodejs"]),
        ("AC/DC and Blink-182", ["acdc", "blink182"]),
        ("O’Brien", ["obrien"]),
        ("a -- b", []),
        ("x." * 50 + "y", []),
        ("東京/大阪", []),
    ],
    ids=["dot", "several", "apostrophe", "apart", "long", "dense"],
)
def test_words_divided_by_signs_are_joined(text: str, joined: list[str]) -> None:
    assert joined_words(fold_letters(text)) == joined


@pytest.mark.parametrize(
    ("word", "parts"),
    [("blink182", ["blink", "182"]), ("4you", ["4", "you"]), ("b2b", []), ("jazz", [])],
)
def test_letters_and_digits_are_split(word: str, parts: list[str]) -> None:
    assert split_word(word) == parts


@pytest.mark.parametrize(
    ("text", "places"),
    [
        (
            "Fe\u0302te – Straße 한",
            [("fete", "Fe\u0302te"), ("strasse", "Straße"), ("한", "한")],
        ),
        ("Fête… ½ ❤️", [("fete", "Fête"), ("1", "½"), ("2", "½"), ("❤", "❤️")]),
        ("ΟΔΟΣ\u00a0a", [("οδοσ", "ΟΔΟΣ"), ("a", "a")]),
        ("A b", [("a", "A"), ("b", "b")]),
        ("か\u3099っこう", [("がっこう", "か\u3099っこう")]),
    ],
    ids=["decomposed", "several-for-one", "one-for-one", "ascii", "voiced"],
)
def test_places_of_words_are_those_in_the_text(text: str, places: list[tuple[str, str]]) -> None:
    found = [(word, text[start:stop]) for word, start, stop in folded_words(text)]
    assert found == places
