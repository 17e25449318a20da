"""Create, copy, change and delete an event or its series, by the scope of a request."""

from datetime import date
from typing import Any

from django.db import models, transaction

from accounts.models import User
from core.errors import BadValue
from events.models import Event
from events.series.changes import update_occurrences
from events.series.creation import create_series, make_recurring
from events.series.days import without_same_rule
from events.series.endings import delete_occurrence, delete_occurrences
from events.services.events import create_event, get_event, update_event
from events.services.tallies import lock_tally
from events.services.ticket_copies import copy_tickets
from events.services.times import read_times

# Fields that a copy takes from its source.
_COPIED = (
    "title", "description", "location", "latitude", "longitude", "timezone", "is_all_day",
    "banner", "category", "start_time", "end_time", "requires_verified_email",
    "refund_policy", "refund_until_hours",
)  # fmt: skip


class Scope(models.TextChoices):
    """The occurrences that a request concerns: this one, those from it on, or all upcoming."""

    THIS = "this"
    FOLLOWING = "following"
    ALL = "all"


def create(*, organizer: User, details: dict[str, Any], is_counted: bool = True) -> Event:
    """Create an event, or with a `recurrence_pattern` a series; return its first occurrence.

    With `is_counted` it counts for the quotas of the organizer. Raises the errors of `create_event`
    and `create_series`.
    """
    details = dict(details)
    pattern, exdates = details.pop("recurrence_pattern", None), details.pop("exdates", ())
    if pattern is None:
        return create_event(organizer=organizer, details=details, is_counted=is_counted)
    return create_series(
        organizer=organizer,
        details=details,
        recurrence_pattern=pattern,
        exdates=exdates,
        is_counted=is_counted,
    )


@transaction.atomic
def copy(*, event_id: int, organizer: User, changes: dict[str, Any]) -> Event:
    """Create a draft with the content, banner, ticket types and codes of an event.

    Helpers are not copied. The copy is a single event unless `changes` have a rule. A start alone
    keeps the length. Raises EventNotFound and the errors of `create`: the copy of a past event
    needs a new start.
    """
    tally = lock_tally(event_id)  # so that its banner is not replaced meanwhile
    source = get_event(event_id)
    details: dict[str, Any] = {name: getattr(source, name) for name in _COPIED}
    details |= {
        "status": Event.Status.DRAFT,
        "tags": list(source.tags.all()),
        "max_attendees": tally.max_attendees,
    }
    changes = read_times(changes, event=source)
    event = create(organizer=organizer, details=details | changes)
    dates = event.series.occurrences.order_by("pk") if event.series else [event]
    copy_tickets(source=source, events=list(dates))
    return event


def update(*, event_id: int, scope: Scope, changes: dict[str, Any]) -> None:
    """Change an event or its series. A rule makes a single event recurring.

    Raises the errors of `update_event`, `make_recurring` and `update_occurrences`, and BadValue
    (`scope_required`) for a new rule with the scope of one occurrence.
    """
    event = get_event(event_id)
    if scope != Scope.THIS:
        update_occurrences(
            event_id=event_id, changes=changes, only_following=scope == Scope.FOLLOWING
        )
        return
    changes = dict(changes)
    pattern: str | None = changes.pop("recurrence_pattern", None)
    exdates: list[date] | None = changes.pop("exdates", None)
    if event.series is not None:
        _check_same_rule(event, pattern, exdates)
        update_event(event_id=event_id, changes=changes)
    elif pattern is not None:
        make_recurring(
            event_id=event_id, changes=changes, recurrence_pattern=pattern, exdates=exdates or ()
        )
    else:
        update_event(event_id=event_id, changes=changes)


def _check_same_rule(event: Event, pattern: str | None, exdates: list[date] | None) -> None:
    """Refuse a new rule for one occurrence; that of the series may be spelled differently."""
    assert event.series is not None
    sent = {"recurrence_pattern": pattern, "exdates": exdates}
    for field, value in without_same_rule(sent, event.series).items():
        if value is not None:
            message = "The rule belongs to the whole series. Send scope=following or scope=all."
            raise BadValue(field, "scope_required", message)


def delete(*, event_id: int, scope: Scope) -> None:
    """Delete an event, its series from it on, or all of the series that has not started.

    Raises the errors of `delete_occurrence` and `delete_occurrences`.
    """
    if scope == Scope.THIS:
        delete_occurrence(event_id=event_id)
    else:
        delete_occurrences(event_id=event_id, only_following=scope == Scope.FOLLOWING)
