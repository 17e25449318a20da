"""Effects on payments when events are off or move, or accounts are erased or exported.

An erasure keeps the books: the row of the payer has lost its name.
"""

from datetime import datetime
from typing import Any

from django.db.models import F
from django.dispatch import receiver

from accounts.models import User
from accounts.signals import account_erased, export_asked
from events.models import Event
from events.signals import (
    event_cancelled,
    event_deleted,
    event_moved,
    event_reinstated,
    occurrences_moved,
    occurrences_off,
    occurrences_reinstated,
)
from payments import selectors
from payments.models import Payment, Refund
from payments.services.cancelled_events import give_back


@receiver([event_cancelled, event_deleted])
def give_back_for_event(*, event: Event, **_: Any) -> None:
    give_back([event])


@receiver(occurrences_off)
def give_back_for_dates(*, events: list[Event], **_: Any) -> None:
    give_back(events)


@receiver([event_moved, event_reinstated])
def move_end_of_refunds(*, event: Event, before: dict[str, Any], **_: Any) -> None:
    _extend_refunds(event, before.get("start_time"))


@receiver(occurrences_moved)
def move_ends_of_refunds(*, moved: list[tuple[Event, Any, dict[str, Any]]], **_: Any) -> None:
    for event, _tally, before in moved:
        _extend_refunds(event, before.get("start_time"))


@receiver(occurrences_reinstated)
def move_ends_with_series(*, events: list[tuple[Event, Any, dict[str, Any]]], **_: Any) -> None:
    move_ends_of_refunds(moved=events)


def _extend_refunds(event: Event, former_start: datetime | None) -> None:
    """Leave buyers the same time before a later start. An earlier one takes none of it away."""
    if former_start is not None and event.start_time > former_start:
        terms = Payment.objects.filter(event=event, refund_until__isnull=False)
        terms.update(refund_until=F("refund_until") + (event.start_time - former_start))


@receiver(account_erased)
def forget_words_of_erased(*, user: User, **_: Any) -> None:
    """Erase the reasons of refunds to and by the person, which can name them. Safe to repeat."""
    Refund.objects.filter(payment__payer=user).update(reason="")
    Refund.objects.filter(requested_by=user).update(reason="")


@receiver(export_asked)
def export_payments(*, user: User, **_: Any) -> dict[str, list[dict[str, Any]]]:
    return selectors.export_of(user)
