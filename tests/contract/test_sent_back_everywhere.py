"""The response of a GET, sent back by PUT or PATCH, is accepted and changes nothing.

The routes come from the authorization table, so that new ones are included.
"""

from typing import Any

import pytest

from tests.authorization.rows import Row
from tests.authorization.scenario import Scenario
from tests.contract.requests import API_ROWS, role_of, rolled_back, send

pytestmark = pytest.mark.embedded  # needs no server

READERS = {row.name for row in API_ROWS if row.method == "GET"}
WRITERS = [
    row
    for row in API_ROWS
    if row.method in ("PUT", "PATCH") and row.name in READERS and row.success == 200
]


def test_every_resource_is_included() -> None:
    names = {row.name for row in WRITERS}
    assert names == {row.name for row in API_ROWS if row.method == "PUT"} - {"review-reply"}
    assert {"event", "series", "profile", "preferences", "import-subscription"} <= names
    assert {"review", "category", "tag"} <= names


@pytest.mark.parametrize("row", WRITERS, ids=str)
def test_response_can_be_sent_back(row: Row, scenario: Scenario) -> None:
    with rolled_back():
        role = role_of(row)
        body = _read(scenario, row, role)
        response = send(scenario, row, body, role=role)
        assert response.status_code == 200, response.content
        assert response.json() == body
        assert _read(scenario, row, role) == body


def _read(scenario: Scenario, row: Row, role: str) -> Any:
    response = send(scenario, row, None, role=role, method="get")
    assert response.status_code == 200, response.content
    return response.json()
