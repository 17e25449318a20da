"""A page of the admin, and what staff may do there.

The roles of staff are those with one kind of permission on the model of the
page, whatever they have on others.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Any

VISITOR = "nobody"
ATTENDEE = "attendee"
STAFF = "staff without rights"
VIEW = "view"
ADD = "add"
CHANGE = "change"
DELETE = "delete"
FULL = "all four"
SUPERUSER = "superuser"

PERMISSIONS: dict[str, list[str]] = {
    STAFF: [],
    VIEW: ["view"],
    ADD: ["add"],
    CHANGE: ["change"],
    DELETE: ["delete"],
    FULL: ["view", "add", "change", "delete"],
}
OUTSIDE = [VISITOR, ATTENDEE]  # led to the login
ROLES = [*OUTSIDE, *PERMISSIONS, SUPERUSER]

READERS = {VIEW, CHANGE, FULL, SUPERUSER}
ADDERS = {ADD, FULL, SUPERUSER}
CHANGERS = {CHANGE, FULL, SUPERUSER}
DELETERS = {DELETE, FULL, SUPERUSER}
# An action wants the list of rows, too, which the permission to delete alone does not open.
ENDERS = {FULL, SUPERUSER}
NONE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Page:
    """Pages of one model: who reads, adds, saves and deletes rows, and runs which action.

    `row` names the row in the scenario. `form` is what is saved; without one the
    page is read-only. `more` are further pages by the name of their URL, with
    who may open them, `more_at` the rows in them, and `more_status` what they
    answer where that is not 200. `with_action` is sent along with actions that
    ask first, and the ids of the rows in `with_rows`.
    """

    model: str
    row: str
    form: Mapping[str, Any] | None = None
    adds: Set[str] = NONE
    saves: Set[str] = NONE
    deletes: Set[str] = NONE
    actions: Mapping[str, Set[str]] = field(default_factory=dict)
    more: Mapping[str, Set[str]] = field(default_factory=dict)
    more_at: Mapping[str, str] = field(default_factory=dict)
    more_status: Mapping[str, int] = field(default_factory=dict)
    with_action: Mapping[str, str] = field(default_factory=dict)
    with_rows: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.model
