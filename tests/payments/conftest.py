"""A provider that a test scripts, and a record of the signals."""

from collections.abc import Iterator
from typing import Any

import pytest

from payments import signals
from payments.gateways import registry
from tests.payments.gateways import FakeGateway

_NAMES = ("approved", "settled", "processing", "ended", "refunded")


@pytest.fixture(autouse=True)
def without_rsvps(monkeypatch: pytest.MonkeyPatch) -> None:
    """These payments have no RSVPs, whose seats the app above would change."""
    for name in _NAMES:
        monkeypatch.setattr(getattr(signals, f"payment_{name}"), "receivers", [])


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> FakeGateway:
    """Stripe's place is taken by the script; `voids = False` and the name make it PayPal's."""
    fake = FakeGateway()
    monkeypatch.setattr(registry, "names", lambda: ["stripe", "paypal"])
    monkeypatch.setattr(registry, "get", lambda name: fake)
    return fake


@pytest.fixture
def sent() -> Iterator[list[str]]:
    """The signals that were sent, in their order."""
    names: list[str] = []

    def note(name: str) -> Any:
        def receive(*, is_late: bool = False, **_: Any) -> None:
            names.append(f"{name} late" if is_late else name)

        return receive

    receivers = {name: note(name) for name in _NAMES}
    for name, receive in receivers.items():
        getattr(signals, f"payment_{name}").connect(receive)
    yield names
    for name, receive in receivers.items():
        getattr(signals, f"payment_{name}").disconnect(receive)
