"""Delivery channels: one module each, with the same functions.

`is_on()`: its provider is configured. `reach(users)`: the address of each user, and an obstacle if
there is one; at most one query for all. `send(delivery)`: send the message; returns once the
provider has accepted it, and raises `Refused` if trying again is useless. After any other error it
is tried again later.
"""

from collections.abc import Iterable
from importlib import import_module
from typing import Any, NamedTuple, Protocol, cast

from notifications.kinds import Channel
from notifications.models import Delivery


class Refused(Exception):  # noqa: N818  (it states a fact)
    """The provider will never take this message; the text says why, for the admin."""


class NotNow(Exception):  # noqa: N818  (it states a fact)
    """The provider said, in the words of the text, to come back later."""


class Reach(NamedTuple):
    """An address, and why only messages about the account may go there ("" if all may)."""

    address: str
    obstacle: str = ""


class ChannelModule(Protocol):
    def is_on(self) -> bool: ...

    def reach(self, users: Iterable[Any]) -> dict[int, list[Reach]]: ...

    def send(self, delivery: Delivery) -> None: ...


def module(channel: str) -> ChannelModule:
    """Loaded at first use: Firebase's library alone takes a second and 60 MB."""
    return cast(ChannelModule, import_module(f"notifications.channels.{Channel(channel)}"))
