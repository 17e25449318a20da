"""Olive sends POSTs with a key."""

import pytest

from tests.client import Api
from tests.idempotency.sending import Send, sender


@pytest.fixture
def send(as_olive: Api) -> Send:
    """Return a function that sends Olive's POST with a key."""
    return sender(as_olive)
