"""Delivery channels: one module each, with the functions of `ChannelModule`."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any, NamedTuple, Protocol, cast

from notifications.kinds import Channel
from notifications.models import Delivery


class DeliveryRefused(Exception):  # noqa: N818  (it states a fact)
    """The provider will never accept this message. Admins see the text."""


class DeliveryPostponed(Exception):  # noqa: N818  (it states a fact)
    """The provider asked to try again later. Admins see the text."""


class Recipient(NamedTuple):
    """An address, and the reason why it gets only messages about the account ("" for none)."""

    address: str
    obstacle: str = ""


class ChannelModule(Protocol):
    def is_on(self) -> bool:
        """Return whether the provider is configured."""

    def recipients(self, users: Iterable[Any]) -> dict[int, list[Recipient]]:
        """Return the addresses of each user, by user ID, with at most one query."""

    def sender(self) -> AbstractContextManager[Callable[[Delivery], None]]:
        """Yield a function that sends one message, and returns once the provider has accepted it.

        It can be called several times, also after an error. It raises DeliveryRefused if another
        attempt is useless. After any other error the delivery is tried again later.
        """


def module(channel: str) -> ChannelModule:
    """Import the module at its first use: Firebase's library takes a second and 60 MB."""
    return cast(ChannelModule, import_module(f"notifications.channels.{Channel(channel)}"))
