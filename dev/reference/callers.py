"""Describes the callers of an endpoint, from the table of the authorization tests."""

from collections.abc import Iterator, Set
from itertools import groupby

from tests.authorization.roles import (
    ATTENDEE,
    EVERYBODY,
    HELPER,
    MAY_ADD,
    MAY_CHANGE,
    MAY_DELETE,
    MAY_VIEW,
    ORGANIZERS,
    OWNER,
    SIGNED_IN,
    STRANGER,
)
from tests.authorization.rows import Row
from tests.authorization.table import ROWS

# Large sets first: `MAY_CHANGE` contains the roles of `MAY_VIEW` in part.
_GROUPS: list[tuple[Set[str], str]] = [
    (EVERYBODY, "everyone, without a token"),
    (SIGNED_IN, "everyone who is signed in"),
    (ORGANIZERS, "organizers"),
    ({OWNER}, "the organizer of the event"),
    ({HELPER}, "helpers"),
    (MAY_VIEW, "admins who may view"),
    (MAY_ADD, "admins who may add"),
    (MAY_CHANGE, "admins who may change"),
    (MAY_DELETE, "admins who may delete"),
]


def callers(*, name: str, method: str, author: str) -> str:
    """Return who may call the endpoint with this URL name, such as "organizers".

    `author` is the word for callers who may act on rows of their own only.
    """
    rows = [row for row in ROWS if (row.name, row.method) == (name, method)]
    plain = min(rows, key=lambda row: bool(row.query))  # the first without a query, if any
    text = _in_words(plain.may, author)
    if any(row.proven for row in rows) and any(row.success == 403 for row in rows):
        text += ", with a fresh proof of identity"
    for may, restricted in groupby(_restricted(rows, plain), key=lambda row: frozenset(row.may)):
        parameters = " or ".join(f"`{_without_example(row.query)}`" for row in restricted)
        text += f"; with {parameters}: {_in_words(may, author)}"
    return text


def _without_example(query: str) -> str:
    return "?search=" if query.startswith("?search=") else query


def _restricted(rows: list[Row], plain: Row) -> Iterator[Row]:
    """Yield rows whose query parameters only some of the callers may use."""
    return (row for row in rows if row.query and row.may != plain.may)


def _in_words(may: Set[str], author: str) -> str:
    left, words = set(may), []
    for roles, text in _GROUPS:
        if roles <= left:
            words.append(text)
            left -= roles
    if left & {ATTENDEE, STRANGER}:
        words.insert(0, author)
        left -= {ATTENDEE, STRANGER}
    if left:
        raise ValueError(f"No words for {left}: add them to dev/reference/callers.py.")
    return ", ".join(words)
