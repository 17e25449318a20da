"""What happens to seats, and who is told, when the floors below change or ask something."""

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import (
    account_deactivated,
    account_erased,
    account_recovered,
    export_asked,
)
from events.models import Event, Tally
from events.signals import (
    capacity_changed,
    event_cancelled,
    event_deleted,
    event_moved,
    event_postponed,
    event_reinstated,
    events_handed_over,
    occurrences_moved,
    occurrences_off,
    occurrences_reinstated,
)
from rsvp import selectors, services
from rsvp.calendar import feeds
from rsvp.check_in import note_new_times
from rsvp.messages import announcements, receipts


@receiver(capacity_changed)
def serve_lines_with_new_limits(
    *, resized: list[tuple[Event, Tally, int | None]], **_: Any
) -> None:
    services.apply_new_limits(resized)


@receiver(event_moved)
def serve_line_of_moved_event(
    *, event: Event, tally: Tally, before: dict[str, Any], **_: Any
) -> None:
    note_new_times([(event, tally, before)])
    services.seat_those_waiting([(tally, event)])
    if not event.is_hidden and not event.is_cancelled:
        announcements.announce_move([(event, before)])


@receiver(event_postponed)
def tell_that_event_is_put_off(*, event: Event, **_: Any) -> None:
    if not event.is_hidden and not event.is_cancelled:
        announcements.announce_postponement(event)


@receiver([event_cancelled, event_deleted])
def tell_that_event_is_off(*, event: Event, **_: Any) -> None:
    if event.status != Event.Status.DRAFT:
        announcements.announce_cancellation([event])


@receiver(occurrences_moved)
def serve_lines_of_moved_dates(
    *, moved: list[tuple[Event, Tally, dict[str, Any]]], **_: Any
) -> None:
    note_new_times(moved)
    services.seat_those_waiting((tally, event) for event, tally, _ in moved)
    shown = [
        (event, before)
        for event, _, before in moved
        if not event.is_hidden and not event.is_cancelled
    ]
    if shown:
        announcements.announce_move(shown)


@receiver(occurrences_off)
def tell_that_dates_are_off(*, events: list[Event], **_: Any) -> None:
    announcements.announce_cancellation(
        event for event in events if event.status != Event.Status.DRAFT
    )


@receiver(event_reinstated)
def serve_line_of_reinstated_event(
    *, event: Event, tally: Tally, before: dict[str, Any], **_: Any
) -> None:
    _reinstate([(event, tally, before)])


@receiver(occurrences_reinstated)
def serve_lines_of_reinstated_dates(
    *, events: list[tuple[Event, Tally, dict[str, Any]]], **_: Any
) -> None:
    _reinstate(events)


def _reinstate(events: list[tuple[Event, Tally, dict[str, Any]]]) -> None:
    """Promote waiting parties: people may have left during the cancellation."""
    note_new_times(events)
    services.seat_those_waiting((tally, event) for event, tally, _ in events)
    announcements.announce_reinstatement((event, before) for event, _, before in events)


@receiver(events_handed_over)
def tell_new_owner(*, events: list[Event], new_owner: User, **_: Any) -> None:
    receipts.send_handover(events, new_owner)


@receiver(account_deactivated)
def free_seats_of_deactivated(*, user: User, **_: Any) -> None:
    services.leave_all_events(attendee=user)


@receiver(account_erased)
def forget_calendar_of_erased(*, user: User, **_: Any) -> None:
    feeds.forget_feed(user)


@receiver(account_recovered)
def renew_calendar_of_recovered(*, user: User, **_: Any) -> None:
    """Void the address of the feed; a new one is made when the person requests it."""
    feeds.forget_feed(user)


@receiver(export_asked)
def export_answers(*, user: User, **_: Any) -> dict[str, list[dict[str, Any]]]:
    return selectors.export_of(user)
