"""A page of the admin, and the staff roles that may use it.

A role of staff has one kind of permission on the model of the page. Its
permissions on other models do not matter.
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
OUTSIDE = [VISITOR, ATTENDEE]  # redirected to the login
ROLES = [*OUTSIDE, *PERMISSIONS, SUPERUSER]

READERS = {VIEW, CHANGE, FULL, SUPERUSER}
ADDERS = {ADD, FULL, SUPERUSER}
CHANGERS = {CHANGE, FULL, SUPERUSER}
DELETERS = {DELETE, FULL, SUPERUSER}
# Actions are on the list of rows, which the permission to delete alone does not open.
ENDERS = {FULL, SUPERUSER}
NONE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Page:
    """Pages of one model, and the roles that may read, add, save, delete and run actions.

    `row` names the row in the scenario. `form` is the data to save; without one
    the page is read-only. `more` has further pages, as roles by the name of the
    URL, `more_at` the rows in their paths, and `more_status` their statuses other
    than 200. `with_action` and the ids of the rows in `with_rows` are sent with
    actions, some of which need a confirmation.
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
