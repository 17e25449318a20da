"""A body with a field that the endpoint does not have is refused and changes nothing.

The routes come from the authorization table, so that new ones are included.
"""

import pytest

from tests.authorization.operations import operations
from tests.authorization.roles import NOBODY
from tests.authorization.rows import Row
from tests.authorization.scenario import Scenario, contents
from tests.contract.requests import API_ROWS, confirm_identity, role_of, rolled_back, send

pytestmark = pytest.mark.embedded  # needs no server

# One-click unsubscribe (RFC 8058) needs only the token; the body is never read. Providers define
# the bodies of webhooks, which are read once their signature is right; a page has a form.
NEVER_READ = {
    ("unsubscribe", "POST"), ("payment-webhook", "POST"), ("test-provider-page", "POST"),
}  # fmt: skip
UNKNOWN = {"invented_field": {"so": ["what"]}}


def rows_with_a_body() -> list[Row]:
    """Return a row for each operation that reads a body; one that succeeds, if possible."""
    rows: dict[tuple[str, str], Row] = {}
    for row in sorted(API_ROWS, key=lambda row: row.success >= 300):
        reads = row.method in ("POST", "PUT", "PATCH") or row.body is not None
        if reads and (row.name, row.method) not in NEVER_READ:
            rows.setdefault((row.name, row.method), row)
    return list(rows.values())


def test_every_operation_is_included() -> None:
    included = {(row.name, row.method) for row in rows_with_a_body()}
    writers = {
        (name, method) for name, method in operations() if method in ("POST", "PUT", "PATCH")
    }
    outside_the_api = {(name, method) for name, method in writers if name == "home"}
    assert writers - included == NEVER_READ | outside_the_api
    assert ("check-in", "DELETE") in included


@pytest.mark.parametrize("row", rows_with_a_body(), ids=str)
def test_unknown_field_is_refused_and_changes_nothing(row: Row, scenario: Scenario) -> None:
    body = row.body(scenario) if callable(row.body) else row.body
    is_batch = isinstance(body, list)
    payload = [UNKNOWN] if is_batch else (body or {}) | UNKNOWN
    with rolled_back():
        if row.proven and role_of(row) != NOBODY:
            confirm_identity(scenario, role_of(row))
        before = contents()
        response = send(scenario, row, payload)
        if is_batch:
            [result] = response.json()["results"]
            errors = result["errors"]
        else:
            assert response.status_code == 400, response.content
            assert response.headers["Content-Type"] == "application/problem+json"
            errors = response.json()["errors"]
        assert [error["code"] for error in errors if error["field"] == "invented_field"] == [
            "unknown_field"
        ]
        assert contents() == before
