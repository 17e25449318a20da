"""Errors under /api/ are problems (RFC 9457), also with DEBUG on.

The routes come from the authorization table, so that new ones are included.
"""

from functools import partial
from typing import Any

import pytest

from core.api.problems import API_PATHS
from tests.authorization.operations import path_of
from tests.authorization.roles import NOBODY
from tests.authorization.rows import Row
from tests.authorization.scenario import Scenario
from tests.contract.requests import API_ROWS, role_of, rolled_back, send

pytestmark = pytest.mark.embedded  # needs no server

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@pytest.fixture(autouse=True)
def debug(settings: Any) -> None:
    settings.DEBUG = True


def first_rows() -> list[Row]:
    """Return one row for each route of the API."""
    return list({row.name: row for row in reversed(API_ROWS)}.values())


def check(response: Any, where: str) -> None:
    assert response.status_code < 500 or response.status_code == 503, (where, response.content)
    if response.status_code < 400:
        return
    assert response.headers["Content-Type"] == "application/problem+json", where
    body = response.json()
    assert {"type", "title", "status", "detail", "code"} <= body.keys(), where
    assert body["status"] == response.status_code, where
    assert ("errors" in body) == (body["code"] == "validation_error"), where
    if response.status_code == 405:
        assert response.headers["Allow"], where
    if response.status_code == 401:
        assert response.headers["WWW-Authenticate"], where


@pytest.mark.parametrize("row", first_rows(), ids=lambda row: row.name)
def test_errors_are_problems(row: Row, scenario: Scenario) -> None:
    path = path_of(row, scenario)
    if not path.startswith(API_PATHS):
        return
    client = scenario.apis[role_of(row)].client
    with rolled_back():
        check(client.options(path), "OPTIONS")
        check(client.get(path.partition("?")[0][:-1]), "GET without the slash")
        for method in METHODS:
            request = partial(client.generic, method, path)
            response = request("{", content_type="application/json")
            check(response, f"{method} with broken JSON")
            if response.status_code == 405:
                continue
            check(send(scenario, row, None, role=NOBODY, method=method), f"{method} as nobody")
            check(send(scenario, row, {"invented": 1}, method=method), f"{method} with a body")
            check(request(HTTP_ACCEPT="text/csv"), f"{method} for CSV")
            check(request("x", content_type="text/plain"), f"{method} with text")
            check(request("[]", content_type="application/json"), f"{method} with a list")
            check(request(HTTP_AUTHORIZATION="Bearer x"), f"{method} with a broken token")


@pytest.mark.parametrize(
    "path",
    ["/api/", "/api/nothing/", "/api/events/x/", f"/api/events/{'9' * 400}/"],
    ids=["root", "nothing", "no-number", "long-number"],
)
def test_unknown_path_is_a_problem(scenario: Scenario, path: str) -> None:
    response = scenario.apis[NOBODY].client.get(path)
    assert response.status_code in (401, 404)
    check(response, path)
