"""The plant that all faults share, because starting it takes ten seconds."""

from collections.abc import Iterator

import pytest

from tests.faults.plant import Plant


@pytest.fixture(scope="package")
def plant() -> Iterator[Plant]:
    with Plant() as plant:
        yield plant
