"""What upper apps do when an admin deactivates accounts, as the page that asks for it shows.

An app registers a `Consequence` in `AppConfig.ready()`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from accounts.models import User


@dataclass(frozen=True)
class Consequence:
    """What one app does with people's rows, and what an admin can choose for them.

    `describe` returns a sentence for each of the people that it concerns, by their ids. `choices`
    makes a form for the submitted data (None: not submitted) and the admin, or returns None where
    there is nothing to choose. `carry_out` does what was chosen, after the deactivation of one
    person, and returns what it did and what was refused, a sentence each.
    """

    describe: Callable[[Sequence[User]], Mapping[int, str]]
    choices: Callable[[Any, User, Sequence[User]], forms.Form | None] | None = None
    carry_out: Callable[[User, Mapping[str, Any]], list[str]] | None = None


_registered: list[Consequence] = []


def register(consequence: Consequence) -> None:
    _registered.append(consequence)


def consequences() -> Sequence[Consequence]:
    """Return the registered ones, those of lower apps first."""
    return tuple(_registered)
