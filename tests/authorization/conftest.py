"""One world for all tests of a module: they change nothing in it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.authorization.world import World, made_once


@pytest.fixture(scope="module")
def _made(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock(), made_once() as world:
        yield world


@pytest.fixture
def world(_made: World, db: None) -> World:
    return _made
