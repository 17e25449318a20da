"""Makes links in text that users wrote unclickable.

Mail clients, phones and calendars make everything clickable that looks like a link, in plain text
as well as in HTML. `defang` keeps the text readable, without links: `https://evil.example/now`
becomes `evil[.]example/now`. `without_links` is for subjects and short messages: it removes links.

Brackets, because some clients ignore invisible characters, people copy them without knowing, and
one doubles the price of an SMS (it is not in the GSM alphabet). Names such as Node.js or anna.meier
do not change, because they end in no top-level domain.
"""

import re
import unicodedata

from fido2.rpid import suffixes

# The public suffix list, and the names that are not on it (RFC 6761, RFC 9476).
_TOP_LEVEL = {suffix.rpartition(".")[2] for suffix in suffixes} | {
    "alt", "example", "internal", "invalid", "local", "localhost", "onion", "test",
}  # fmt: skip

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0001-\U000e007f]"
)
# Some scripts and emoji need joiners; beside ASCII they can only hide an address from this filter.
_JOINER = re.compile("(?<=[!-~])[\u200c\u200d]+|[\u200c\u200d]+(?=[!-~])")

_DOT = "[.\u2024\u3002\uff0e\uff61]"  # browsers read all of these as a dot (UTS 46)
_LABEL = rf"[^\s{_DOT[1:-1]}@＠/\\:：?#<>()\[\]{{}}\"'“”„‘’«»,;!&=|*]{{1,63}}"
_HOST = rf"{_LABEL}(?:{_DOT}{_LABEL})+"
_ADDRESS = re.compile(
    rf"(?P<user>[^\s@＠()<>]{{1,64}}[@＠])?(?P<host>{_HOST})"
    r"(?P<rest>(?:[:：][0-9]+)?[/?#\\]\S*|[:：][0-9]+)?"
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,30}[:：][/\\／]+", re.IGNORECASE)
# After these a colon is enough.
_SHORT_SCHEME = re.compile(
    r"\b(bitcoin|callto|data|facetime|facetime-audio|file|geo|im|irc|javascript|magnet|mailto|maps"
    r"|news|sip|sips|skype|sms|smsto|tel|urn|vbscript|webcal|whatsapp|xmpp)[:：](?=\S)",
    re.IGNORECASE,
)
_SHARE = re.compile(r"([/\\])[/\\]+")  # \\server\share, //server
_WITH_SCHEME = re.compile(rf"(?:{_SCHEME.pattern}|{_SHARE.pattern})\S*", re.IGNORECASE)


def defang(text: str) -> str:
    """Return the text without anything that a client would make a link."""
    text = _visible(text)
    while (plain := _SCHEME.sub("", text)) != text:
        text = plain  # the text around a removed scheme can form another one
    text = _SHORT_SCHEME.sub(r"\1: ", text)
    text = _SHARE.sub(r"\1", text)
    return _ADDRESS.sub(_bracketed, text)


def without_links(text: str) -> str:
    """Return one line without its links; a bare `evil.example` becomes `evil[.]example`."""
    text = _WITH_SCHEME.sub(" ", _visible(text))
    text = _ADDRESS.sub(_dropped, text)
    return " ".join(defang(text).split())


def _visible(text: str) -> str:
    return _JOINER.sub("", _INVISIBLE.sub("", text))


def _bracketed(match: re.Match[str]) -> str:
    address, host = match[0], match["host"]
    if not _is_domain(host):
        return address
    return (match["user"] or "") + re.sub(_DOT, "[.]", host) + (match["rest"] or "")


def _dropped(match: re.Match[str]) -> str:
    is_more_than_a_name = match["user"] or match["rest"] or match["host"].lower().startswith("www")
    return " " if is_more_than_a_name and _is_domain(match["host"]) else match[0]


def _is_domain(host: str) -> bool:
    """Return whether it contains a domain: clients find `evil.com` in `evil.com.or.not`."""
    labels = re.split(_DOT, unicodedata.normalize("NFKC", host).casefold())
    if labels[0].endswith("www"):
        return True
    if all(label.isdigit() for label in labels):
        return len(labels) == 4  # an IPv4 address
    return any(label.startswith("xn--") or _word(label) in _TOP_LEVEL for label in labels[1:])


def _word(label: str) -> str:
    """Return the leading letters and marks: `com` for `com_x` and for `com2`."""
    for length, character in enumerate(label):
        if unicodedata.category(character)[0] not in "LM":
            return label[:length]
    return label
