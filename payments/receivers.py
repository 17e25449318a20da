"""Effects on payments when events are off or move, or accounts are erased or exported.

An erasure keeps the books: the row of the payer has lost its name.
"""

from typing import Any

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
from payments.models import Refund
from payments.services.cancelled_events import give_back
from payments.services.returns import extend_refunds


@receiver([event_cancelled, event_deleted])
def give_back_for_event(*, event: Event, **_: Any) -> None:
    give_back([event])


@receiver(occurrences_off)
def give_back_for_dates(*, events: list[Event], **_: Any) -> None:
    give_back(events)


@receiver([event_moved, event_reinstated])
def move_end_of_refunds(*, event: Event, **_: Any) -> None:
    extend_refunds([event])


@receiver(occurrences_moved)
def move_ends_of_refunds(*, moved: list[tuple[Event, Any, Any]], **_: Any) -> None:
    extend_refunds([event for event, *_ in moved])


@receiver(occurrences_reinstated)
def move_ends_with_series(*, events: list[tuple[Event, Any, Any]], **_: Any) -> None:
    extend_refunds([event for event, *_ in events])


@receiver(account_erased)
def forget_words_of_erased(*, user: User, **_: Any) -> None:
    """Erase the reasons of refunds to and by the person, which can name them. Safe to repeat."""
    Refund.objects.filter(payment__payer=user).update(reason="")
    Refund.objects.filter(requested_by=user).update(reason="")


@receiver(export_asked)
def export_payments(*, user: User, **_: Any) -> dict[str, list[dict[str, Any]]]:
    return selectors.export_of(user)
