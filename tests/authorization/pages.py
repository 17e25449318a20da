"""The pages of the admin, and the roles of staff.

Each role has one kind of permission on the model of a page, and none on others.
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
# Actions also need the list of rows, which the permission to delete does not open.
ENDERS = {FULL, SUPERUSER}
NONE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Page:
    """The pages of one model, and the roles that may use them.

    `row` names a row of the scenario. `form` has the saved values; a page without
    one is read-only. `more` has other pages by URL name with their roles,
    `more_at` their rows, and `more_status` their statuses other than 200.
    Requests of actions include `with_action` (such as a confirmation) and the ids
    of the rows in `with_rows`.
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
