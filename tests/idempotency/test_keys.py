"""How the Idempotency-Key header is written."""

import pytest

from core.api.idempotency import read_key
from core.errors import InvalidIdempotencyKey

pytestmark = pytest.mark.embedded


@pytest.mark.parametrize(
    ("header", "key"),
    [
        pytest.param("8e03978e-40d5-43dd-bc93-6894a57f9324", None, id="UUID"),
        pytest.param('"8e03978e"', "8e03978e", id="quoted"),
        pytest.param(r'"a\"b\\c"', r'a"b\c', id="escaped"),
        pytest.param("!~a,b;c=1", None, id="bare with punctuation"),
        pytest.param("k" * 255, None, id="255"),
        pytest.param('"' + "k" * 255 + '"', "k" * 255, id="255 quoted"),
    ],
)
def test_good_key_is_read(header: str, key: str | None) -> None:
    assert read_key(header) == (key or header)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("", id="empty"),
        pytest.param('""', id="empty quoted"),
        pytest.param("k" * 300, id="300"),
        pytest.param("k" * 256, id="256"),
        pytest.param('"' + "k" * 256 + '"', id="256 quoted"),
        pytest.param("a\x00b", id="NUL"),
        pytest.param("a\tb", id="tab"),
        pytest.param("a\x7fb", id="DEL"),
        pytest.param("a\nb", id="line feed"),
        pytest.param("a b", id="space"),
        pytest.param('"a b"', id="space quoted"),
        pytest.param("schlüssel", id="non-ASCII"),
        pytest.param("\xff", id="latin-1"),
        pytest.param('"a', id="open quote"),
        pytest.param(r'"a\b"', id="unknown escape"),
        pytest.param('"a";x=1', id="parameter"),
        pytest.param('"a","b"', id="two headers"),
    ],
)
def test_bad_key_is_refused(header: str) -> None:
    with pytest.raises(InvalidIdempotencyKey):
        read_key(header)
