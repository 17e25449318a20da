"""Every operation of the API for every role: its status, and refusals change nothing."""

from typing import Any

import pytest
from django.db import transaction

from tests.authorization.operations import operations, path_of
from tests.authorization.roles import ATTENDEE
from tests.authorization.rows import Row
from tests.authorization.scenario import Scenario, contents
from tests.authorization.table import ROWS
from tests.factories import PASSWORD

pytestmark = pytest.mark.embedded  # permissions do not depend on servers


def test_every_operation_has_a_row() -> None:
    """A new route needs a row for every method in `table/`."""
    assert operations() == {(row.name, row.method) for row in ROWS}


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_operation_returns_the_expected_status(row: Row, scenario: Scenario) -> None:
    statuses = {role: _status(row, role, scenario) for role in row.expected}
    assert statuses == row.expected


def _status(row: Row, role: str, scenario: Scenario) -> int:
    """Return the status of the request, and undo its changes."""
    api = scenario.apis[role]
    body = row.body(scenario) if callable(row.body) else row.body
    with transaction.atomic():
        if row.proven and role != "nobody":
            _prove(role, scenario)
        before = contents() if row.proven else scenario.before
        send: Any = getattr(api.client, row.method.lower())
        response = send(path_of(row, scenario), body, format=row.format)
        if response.streaming:
            list(response.streaming_content)
        if response.status_code >= 400 and row.method != "GET":
            assert contents() == before, f"{role} was refused, but rows changed"
        transaction.set_rollback(True)
    return int(response.status_code)


def _prove(role: str, scenario: Scenario) -> None:
    """Confirm the identity with the password, or the attendee's with their passkey."""
    api = scenario.apis[role]
    if role != ATTENDEE:
        api.post("/reauthenticate/", {"password": PASSWORD}, expect=204)
        return
    options = api.post("/reauthenticate/passkey/", {}, expect=200)["request_options"]
    proof = {"credential": scenario.passkey.get(options)}
    api.post("/reauthenticate/passkey/", proof, expect=204)
