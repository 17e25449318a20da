"""Requests from rows of the authorization table, with a body of the test's choice."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from tests.authorization.operations import path_of
from tests.authorization.roles import NOBODY
from tests.authorization.rows import Row
from tests.authorization.scenario import Scenario
from tests.authorization.table import ROWS
from tests.factories import PASSWORD

API_ROWS = [row for row in ROWS if row.name not in ("home",)]


def role_of(row: Row) -> str:
    """Return a permitted role, signed in where possible."""
    return sorted(row.may, key=lambda role: (role == NOBODY, role in row.but, role))[0]


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def confirm_identity(scenario: Scenario, role: str) -> None:
    """Confirm the identity of a role's person."""
    scenario.apis[role].post("/reauthenticate/", {"password": PASSWORD}, expect=204)


def send(scenario: Scenario, row: Row, body: Any, *, role: str = "", method: str = "") -> Any:
    client = scenario.apis[role or role_of(row)].client
    call = getattr(client, (method or row.method).lower())
    return call(path_of(row, scenario), body, format="json")
