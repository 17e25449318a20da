"""Fields that upper apps add to events in responses, such as `my_rsvp`.

An app registers an `EventExtra` in `AppConfig.ready()`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from core.api.serializers import BaseSerializer


@dataclass(frozen=True)
class EventExtra:
    """A field of each event in a response, computed for the user who sent the request.

    `load` returns the values by the ids of the events, with one query for a whole page; events
    without a value show null. `serializer` is the class that renders a value. `sql` is the same in
    PostgreSQL, as JSON: a subquery for the event `{event}` and the user `{reader}`, both IDs. It
    has no other braces, and no percent signs.
    """

    name: str
    load: Callable[[User, Sequence[int]], Mapping[int, Any]]
    serializer: type[BaseSerializer[Any]]
    sql: str


_registered: list[EventExtra] = []


def register_event_extra(extra: EventExtra) -> None:
    _registered.append(extra)


def event_extras() -> Sequence[EventExtra]:
    return tuple(_registered)
