"""A row of the table: an operation of the API, and the status for each role."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from tests.authorization.roles import EVERYBODY, NOBODY

Body = Any | Callable[[Any], Any]


@dataclass(frozen=True)
class Row:
    """`success` is the status for the roles in `may`, `others` for all other people.

    Without a token the status is 401, unless NOBODY may or the operation is
    open. `but` has the status of single roles. `at` names other rows of the
    scenario for the ids in the path, `query` is appended to it. `body` is a value,
    or a function of the scenario. With `proven`, people have just confirmed their identity.
    """

    name: str
    method: str
    success: int
    may: Set[str]
    others: int = 403
    but: Mapping[str, int] = field(default_factory=dict)
    at: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    body: Body = None
    proven: bool = False
    is_open: bool = False
    format: str = "json"

    @property
    def expected(self) -> dict[str, int]:
        return {role: self._of(role) for role in sorted(EVERYBODY)}

    def _of(self, role: str) -> int:
        if role in self.but:
            return self.but[role]
        if role in self.may:
            return self.success
        return 401 if role == NOBODY and not self.is_open else self.others

    def __str__(self) -> str:
        proof = "proven" if self.proven else ""
        about = ", ".join(filter(None, [*self.at.values(), self.query.lstrip("?"), proof]))
        return f"{self.method} {self.name}" + (f" ({about})" if about else "")
