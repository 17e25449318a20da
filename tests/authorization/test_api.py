"""Every operation of the API × every role: the status, and that a refusal has changed nothing."""

from typing import Any

import pytest
from django.db import transaction

from tests.authorization.operations import operations, path_of
from tests.authorization.roles import ATTENDEE
from tests.authorization.rows import Row
from tests.authorization.table import ROWS
from tests.authorization.world import World, contents
from tests.factories import PASSWORD

pytestmark = pytest.mark.embedded  # rights are the same with any server of ours


def test_every_operation_has_a_row() -> None:
    """A new route wants a row for each of its methods in `table/`."""
    assert operations() == {(row.name, row.method) for row in ROWS}


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_answers(row: Row, world: World) -> None:
    statuses = {role: _status(row, role, world) for role in row.expected}
    assert statuses == row.expected


def _status(row: Row, role: str, world: World) -> int:
    """The status of an answer, which is undone afterwards."""
    api = world.apis[role]
    body = row.body(world) if callable(row.body) else row.body
    with transaction.atomic():
        if row.proven and role != "nobody":
            _prove(role, world)
        before = contents() if row.proven else world.before
        ask: Any = getattr(api.client, row.method.lower())
        response = ask(path_of(row, world), body, format=row.format)
        if response.streaming:
            list(response.streaming_content)
        if response.status_code >= 400 and row.method != "GET":
            assert contents() == before, f"{role} was refused, and changed something"
        transaction.set_rollback(True)
    return int(response.status_code)


def _prove(role: str, world: World) -> None:
    """By the password; the attendee has a passkey, and so proves by it."""
    api = world.apis[role]
    if role != ATTENDEE:
        api.post("/reauthenticate/", {"password": PASSWORD}, expect=204)
        return
    options = api.post("/reauthenticate/passkey/", {}, expect=200)["request_options"]
    proof = {"credential": world.passkey.get(options)}
    api.post("/reauthenticate/passkey/", proof, expect=204)
