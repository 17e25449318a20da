"""One plant for all faults."""

from collections.abc import Iterator

import pytest

from tests.faults.plant import Plant


@pytest.fixture(scope="package")
def plant() -> Iterator[Plant]:
    with Plant() as plant:
        yield plant
