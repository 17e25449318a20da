"""The whole answer of a GET, sent back by PUT or PATCH, is accepted and changes nothing.

Resources are those of the authorization table that have both: new ones are walked through without
being named here.
"""

from typing import Any

import pytest

from tests.authorization.rows import Row
from tests.authorization.world import World
from tests.contract.asking import API_ROWS, ask, role_of, undone

pytestmark = pytest.mark.embedded  # no server of ours takes part

READERS = {row.name for row in API_ROWS if row.method == "GET"}
WRITERS = [
    row
    for row in API_ROWS
    if row.method in ("PUT", "PATCH") and row.name in READERS and row.success == 200
]


def test_every_resource_is_walked_through() -> None:
    names = {row.name for row in WRITERS}
    assert names == {row.name for row in API_ROWS if row.method == "PUT"} - {"review-reply"}
    assert {"event", "series", "profile", "preferences", "import-subscription"} <= names
    assert {"review", "category", "tag"} <= names


@pytest.mark.parametrize("row", WRITERS, ids=str)
def test_answer_may_be_sent_back(row: Row, world: World) -> None:
    with undone():
        role = role_of(row)
        shown = _read(world, row, role)
        response = ask(world, row, shown, role=role)
        assert response.status_code == 200, response.content
        assert response.json() == shown
        assert _read(world, row, role) == shown


def _read(world: World, row: Row, role: str) -> Any:
    response = ask(world, row, None, role=role, method="get")
    assert response.status_code == 200, response.content
    return response.json()
