"""A body with a field that the endpoint does not have is refused, and changes nothing.

Routes are those of the authorization table, which has a row for each: new ones are walked through
without being named here.
"""

import pytest

from tests.authorization.operations import operations
from tests.authorization.roles import NOBODY
from tests.authorization.rows import Row
from tests.authorization.world import World, contents
from tests.contract.asking import API_ROWS, ask, prove, role_of, undone

pytestmark = pytest.mark.embedded  # no server of ours takes part

# One click of a mail program (RFC 8058): the token says all, and the body is never read.
NEVER_READ = {("unsubscribe", "POST")}
INVENTED = {"invented_field": {"so": ["what"]}}


def with_a_body() -> list[Row]:
    """Return a row for each operation that reads a body: one that succeeds, if there is any."""
    rows: dict[tuple[str, str], Row] = {}
    for row in sorted(API_ROWS, key=lambda row: row.success >= 300):
        reads = row.method in ("POST", "PUT", "PATCH") or row.body is not None
        if reads and (row.name, row.method) not in NEVER_READ:
            rows.setdefault((row.name, row.method), row)
    return list(rows.values())


def test_every_operation_is_walked_through() -> None:
    walked = {(row.name, row.method) for row in with_a_body()}
    writers = {each for each in operations() if each[1] in ("POST", "PUT", "PATCH")}
    beside_the_api = {each for each in writers if each[0] == "home"}
    assert writers - walked == NEVER_READ | beside_the_api
    assert ("check-in", "DELETE") in walked


@pytest.mark.parametrize("row", with_a_body(), ids=str)
def test_unknown_field_is_refused_and_nothing_is_changed(row: Row, world: World) -> None:
    body = row.body(world) if callable(row.body) else row.body
    is_batch = isinstance(body, list)
    sent = [INVENTED] if is_batch else (body or {}) | INVENTED
    with undone():
        if row.proven and role_of(row) != NOBODY:
            prove(world, role_of(row))
        before = contents()
        response = ask(world, row, sent)
        if is_batch:
            [result] = response.json()["results"]
            errors = result["errors"]
        else:
            assert response.status_code == 400, response.content
            assert response.headers["Content-Type"] == "application/problem+json"
            errors = response.json()["errors"]
        assert [each["code"] for each in errors if each["field"] == "invented_field"] == [
            "unknown_field"
        ]
        assert contents() == before
