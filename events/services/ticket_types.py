"""Writes on ticket types of events.

Lock order: the tally of the event first, then those of its types (docs/adr/0034).
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from core.errors import BadValue
from core.money import MOST_AMOUNT, places, to_minor
from events.exceptions import (
    AmountNeedsCurrency,
    EventCancelled,
    EventHasRsvps,
    ImportedEvent,
    PaymentsNotConfigured,
    TicketTypeNotFound,
    TicketTypeSold,
    TooManyTicketTypes,
)
from events.models import Event, Tally, TicketType, TypeTally
from events.models.ticket_types import MOST_TICKET_TYPES
from events.services.events import get_event
from events.services.past_events import require_not_past
from events.services.tallies import lock_tally
from events.signals import quantity_changed
from events.ticketing import price_checks


@transaction.atomic
def add_ticket_type(*, event_id: int, details: Mapping[str, Any]) -> TicketType:
    """Add a ticket type to an event that sells tickets here.

    The first one needs an event without seats taken and without a waitlist, because the parties
    would have no tickets. Raises EventNotFound, EventCancelled, EventEnded, ImportedEvent,
    EventHasRsvps, TooManyTicketTypes, PaymentsNotConfigured and BadValue (`required`,
    `invalid_choice`, `currency_differs`, `invalid_amount`, `close_before_open`).
    """
    event = lock_event(event_id)
    if not event.tally.has_ticket_types and (event.tally.going or event.tally.waiting):
        raise EventHasRsvps
    if event.ticket_types.count() >= MOST_TICKET_TYPES:
        raise TooManyTicketTypes
    details = dict(details)
    quantity = details.pop("quantity", None)
    ticket_type = TicketType(event=event)
    _set(ticket_type, details)
    _check_price(ticket_type)
    ticket_type.save(force_insert=True)
    ticket_type.tally = TypeTally.objects.create(ticket_type=ticket_type, quantity=quantity)
    refresh_tickets_left(event.tally)
    return ticket_type


@transaction.atomic
def change_ticket_type(*, event_id: int, type_id: int, changes: Mapping[str, Any]) -> TicketType:
    """Change a ticket type; fields that are not in `changes` keep their values.

    Tickets that were bought keep their price. Another quantity can promote waiting parties; a lower
    one passes over those that want more tickets. Raises TicketTypeNotFound, AmountNeedsCurrency,
    BadValue (`quantity_below_taken`) and the errors of `add_ticket_type`.
    """
    event = lock_event(event_id)
    ticket_type = _get(event, type_id)
    changes = dict(changes)
    tally, former_quantity = ticket_type.tally, ticket_type.tally.quantity
    quantity = changes.pop("quantity", former_quantity)
    if quantity is not None and quantity < tally.taken:
        message = f"Tickets that are taken: {tally.taken}. Send at least this quantity."
        raise BadValue("quantity", "quantity_below_taken", message)
    former_price, former_currency = ticket_type.price, ticket_type.currency
    _set(ticket_type, changes)
    if (ticket_type.price, ticket_type.currency) != (former_price, former_currency):
        _check_price(ticket_type)
    ticket_type.save()
    _check_amounts_off(event, former_currency)
    tally.quantity = quantity
    tally.save(update_fields=["quantity"])
    refresh_tickets_left(event.tally)
    if quantity != former_quantity:
        quantity_changed.send(
            TicketType, event=event, ticket_type=ticket_type, former_quantity=former_quantity
        )
        tally.refresh_from_db()
    return ticket_type


@transaction.atomic
def delete_ticket_type(*, event_id: int, type_id: int) -> None:
    """Delete a ticket type. Without the last one, the event is free and counts guests.

    Raises TicketTypeNotFound, TicketTypeSold if people have or wait for tickets of the type,
    AmountNeedsCurrency, and the errors of `add_ticket_type` that concern the event.
    """
    event = lock_event(event_id)
    ticket_type = _get(event, type_id)
    try:
        ticket_type.delete()
    except ProtectedError as error:
        raise TicketTypeSold from error
    _check_amounts_off(event, ticket_type.currency)
    refresh_tickets_left(event.tally)


def lock_event(event_id: int) -> Event:
    """Lock the tally of an event, and return the event with it if its sales can be changed.

    Raises EventNotFound, EventCancelled, EventEnded and ImportedEvent.
    """
    tally = lock_tally(event_id)
    event = get_event(event_id)
    event.tally = tally
    if event.external_provider:
        raise ImportedEvent
    if event.is_cancelled:
        raise EventCancelled
    require_not_past(event, timezone.now())
    return event


def refresh_tickets_left(tally: Tally) -> None:
    """Write whether the event has ticket types, and how many tickets are free.

    The tally must be locked.
    """
    types = TypeTally.objects.filter(ticket_type__event=tally.pk).select_related("ticket_type")
    tallies = list(types)
    tally.has_ticket_types = bool(tallies)
    tally.tickets_left = sum_of_left(tallies)
    tally.save(update_fields=["has_ticket_types", "tickets_left"])


def sum_of_left(tallies: Iterable[TypeTally]) -> int | None:
    """Return the free tickets of types that are not hidden; None without any, or without a limit.

    The types must be loaded.
    """
    left = [row.left for row in tallies if not row.ticket_type.is_hidden]
    numbers = [number for number in left if number is not None]
    return sum(numbers) if numbers and len(numbers) == len(left) else None


def currency_of(event: Event) -> str:
    """Return the currency of the event's ticket types; empty if they have none."""
    priced = event.ticket_types.exclude(currency="").order_by()
    return priced.values_list("currency", flat=True).first() or ""


def read_amount(field: str, amount: Decimal | str, currency: str) -> int:
    """Return an amount in minor units. Raises BadValue (`invalid_amount`, `invalid_choice`)."""
    try:
        places(currency)
    except ValueError as error:
        message = "No tickets can be sold in this currency. Send an ISO 4217 code, such as EUR."
        raise BadValue("currency", "invalid_choice", message) from error
    try:
        minor = to_minor(amount, currency)
    except ValueError as error:
        raise BadValue(field, "invalid_amount", str(error)) from error
    if not 0 <= minor <= MOST_AMOUNT:
        raise BadValue(field, "invalid_amount", "This amount is too large. Send a lower one.")
    return minor


def _get(event: Event, type_id: int) -> TicketType:
    """Lock and read a ticket type of the event; call this after locking the event's tally."""
    tallies = TypeTally.objects.select_related("ticket_type").select_for_update(of=("self",))
    tally = tallies.filter(ticket_type=type_id, ticket_type__event=event).first()
    if tally is None:
        raise TicketTypeNotFound
    ticket_type = tally.ticket_type
    ticket_type.tally, ticket_type.event = tally, event
    return ticket_type


def _set(ticket_type: TicketType, values: dict[str, Any]) -> None:
    """Set the sent values. A change of the currency alone keeps the amount in major units."""
    price = values.pop("price", ticket_type.price_text)
    currency = values.pop("currency", ticket_type.currency) or ""
    for name, value in values.items():
        setattr(ticket_type, name, value)
    opens, closes = ticket_type.sales_open_at, ticket_type.sales_close_at
    if opens and closes and closes <= opens:
        message = "Sales would close before they open. Send a later time."
        raise BadValue("sales_close_at", "close_before_open", message)
    if currency:
        ticket_type.price = read_amount("price", price, currency)
    elif Decimal(price):
        raise BadValue("currency", "required", "Send the currency of the price, such as EUR.")
    else:
        ticket_type.price = 0
    ticket_type.currency = currency


def _check_price(ticket_type: TicketType) -> None:
    currency = ticket_type.currency
    others = ticket_type.event.ticket_types.exclude(pk=ticket_type.pk).exclude(currency="")
    other = others.exclude(currency=currency).first() if currency else None
    if other is not None:
        message = f"Other ticket types of this event are sold in {other.currency}. Use it here."
        raise BadValue("currency", "currency_differs", message)
    if ticket_type.price:
        checks = price_checks()
        if not checks:
            raise PaymentsNotConfigured
        for check in checks:
            check([ticket_type.price], currency)


def _check_amounts_off(event: Event, former_currency: str) -> None:
    """Raise AmountNeedsCurrency if codes have amounts in a currency that no type has now."""
    codes = event.codes.filter(amount_off__isnull=False)
    if former_currency and former_currency != currency_of(event) and codes.exists():
        raise AmountNeedsCurrency
