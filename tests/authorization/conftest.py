"""One scenario for all tests of a module, which do not change it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.authorization.scenario import Scenario, build_scenario


@pytest.fixture(scope="module")
def _scenario(django_db_setup: None, django_db_blocker: Any) -> Iterator[Scenario]:
    with django_db_blocker.unblock(), build_scenario() as scenario:
        yield scenario


@pytest.fixture
def scenario(_scenario: Scenario, db: None) -> Scenario:
    return _scenario
