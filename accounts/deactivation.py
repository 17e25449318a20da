"""Effects of a deactivation on rows of upper apps, for the admin page that confirms it.

An app registers a `DeactivationEffect` in `AppConfig.ready()`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from accounts.models import User


@dataclass(frozen=True)
class DeactivationEffect:
    """The effects on the rows of one app, and the choices that an admin has.

    `describe` returns a sentence for each affected user, by their id. `choices` returns a form for
    the submitted data (None: not submitted) and the admin, or None if there is nothing to choose.
    `carry_out` applies the choices after the deactivation of one user, and returns a sentence for
    each result and each refusal.
    """

    describe: Callable[[Sequence[User]], Mapping[int, str]]
    choices: Callable[[Any, User, Sequence[User]], forms.Form | None] | None = None
    carry_out: Callable[[User, Mapping[str, Any]], list[str]] | None = None


# In the order of registration: those of lower apps first.
effects: list[DeactivationEffect] = []


def register(effect: DeactivationEffect) -> None:
    effects.append(effect)
