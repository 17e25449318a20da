"""Text with only invisible characters counts as empty."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from core.api import serializers
from core.validators import PlainText, is_visible

pytestmark = pytest.mark.embedded  # needs no server

INVISIBLE = {
    "zero width": "\u200b\u200c\u200d\ufeff\u2060",
    "direction marks": "\u200e\u200f\u061c",
    "Hangul fillers": "\u115f\u1160\u3164\uffa0",
    "braille blank": "\u2800",
    "variation selectors": "\ufe0f\ufe00\U000e0100",
    "tags": "\U000e0041\U000e007f",
    "soft hyphen": "\u00ad",
    "grapheme joiner": "\u034f",
    "Khmer vowels": "\u17b4\u17b5",
    "Mongolian selectors": "\u180b\u180e\u180f",
    "musical marks": "\U0001d173\U0001d159",
    "shorthand": "\U0001bca0",
    "spaces": " \u00a0\u3000\u2003",
    "a mark without a letter": "\u0301",
}


@pytest.mark.parametrize("text", INVISIBLE.values(), ids=INVISIBLE.keys())
class TestInvisible:
    def test_line_is_refused(self, text: str) -> None:
        """An event titled with a Hangul filler had no visible name in lists and mails."""
        for lines in (True, False):
            with pytest.raises(ValidationError) as refused:
                PlainText(lines=lines)(text)
            assert refused.value.code == "blank"

    def test_required_field_is_blank(self, text: str) -> None:
        class Named(serializers.Serializer[Any]):
            name = serializers.CharField()

        serializer = Named(data={"name": text})
        assert not serializer.is_valid()
        assert serializer.errors["name"][0].code == "blank"

    def test_optional_field_is_empty(self, text: str) -> None:
        class Described(serializers.Serializer[Any]):
            text = serializers.CharField(allow_blank=True)

        serializer = Described(data={"text": text})
        serializer.is_valid(raise_exception=True)
        assert serializer.validated_data == {"text": ""}

    def test_invisible_characters_between_letters_are_accepted(self, text: str) -> None:
        assert is_visible(f"a{text}b")


@pytest.mark.parametrize(
    "text", ["a", "3", "☺️", "👩‍💻", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "की", "ᄀ", "한", "!", "№", "𝄞", "⠁"]
)
def test_visible_text_is_accepted(text: str) -> None:
    assert is_visible(text)


def test_password_may_be_invisible() -> None:
    """White space and invisible characters are part of a password."""

    class Secret(serializers.Serializer[Any]):
        password = serializers.CharField(trim_whitespace=False)

    serializer = Secret(data={"password": "\u200b" * 12})
    serializer.is_valid(raise_exception=True)
    assert serializer.validated_data["password"] == "\u200b" * 12
