"""One request of the authorization table, with a body of the test's choice, undone afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from tests.authorization.operations import path_of
from tests.authorization.roles import NOBODY
from tests.authorization.rows import Row
from tests.authorization.table import ROWS
from tests.authorization.world import World
from tests.factories import PASSWORD

API_ROWS = [row for row in ROWS if row.name not in ("home",)]


def role_of(row: Row) -> str:
    """Return a role that may do it, signed in where possible."""
    return sorted(row.may, key=lambda role: (role == NOBODY, role in row.but, role))[0]


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def prove(world: World, role: str) -> None:
    """Prove the identity of the person, where the row wants that."""
    world.apis[role].post("/reauthenticate/", {"password": PASSWORD}, expect=204)


def ask(world: World, row: Row, body: Any, *, role: str = "", method: str = "") -> Any:
    client = world.apis[role or role_of(row)].client
    send = getattr(client, (method or row.method).lower())
    return send(path_of(row, world), body, format="json")
