"""Consequences of a deactivation in upper apps, for the page that asks an admin about it.

An app registers a `Consequence` in `AppConfig.ready()`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from accounts.models import User


@dataclass(frozen=True)
class Consequence:
    """The consequences for the rows of one app, and the choices that an admin has.

    `describe` returns a sentence for each affected person, by their id. `choices` returns a form
    for the submitted data (None: not submitted) and the admin, or None if there is nothing to
    choose. `carry_out` applies the choices after the deactivation of one person, and returns a
    sentence for each result and each refusal.
    """

    describe: Callable[[Sequence[User]], Mapping[int, str]]
    choices: Callable[[Any, User, Sequence[User]], forms.Form | None] | None = None
    carry_out: Callable[[User, Mapping[str, Any]], list[str]] | None = None


_registered: list[Consequence] = []


def register(consequence: Consequence) -> None:
    _registered.append(consequence)


def consequences() -> Sequence[Consequence]:
    """Return the registered consequences, those of lower apps first."""
    return tuple(_registered)
