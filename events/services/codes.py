"""Writes on discount codes of events, under the lock of the event's tally."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError

from core.errors import BadValue
from events.exceptions import CodeInUse, CodeNotFound, TooManyCodes
from events.models import DiscountCode, Event, TicketType
from events.models.ticket_types import MOST_CODES
from events.services.ticket_types import currency_of, lock_event, read_amount


@transaction.atomic
def add_code(*, event_id: int, details: Mapping[str, Any]) -> DiscountCode:
    """Add a code to an event. Without a discount, it only unlocks hidden ticket types.

    Raises EventNotFound, EventCancelled, EventEnded, ImportedEvent, TooManyCodes and BadValue
    (`unique`, `one_discount`, `no_currency`, `invalid_amount`, `until_before_from`,
    `does_not_exist`).
    """
    event = lock_event(event_id)
    if event.codes.count() >= MOST_CODES:
        raise TooManyCodes
    return _save(DiscountCode(event=event), details)


@transaction.atomic
def change_code(*, event_id: int, code_id: int, changes: Mapping[str, Any]) -> DiscountCode:
    """Change a code; fields that are not in `changes` keep their values.

    RSVPs that have the code keep their discount. Raises CodeNotFound, BadValue (`below_used`) and
    the errors of `add_code`.
    """
    return _save(_get(lock_event(event_id), code_id), changes)


@transaction.atomic
def delete_code(*, event_id: int, code_id: int) -> None:
    """Delete a code. Raises CodeNotFound, CodeInUse, and the errors about the event."""
    code = _get(lock_event(event_id), code_id)
    try:
        code.delete()
    except ProtectedError as error:
        raise CodeInUse from error


def _get(event: Event, code_id: int) -> DiscountCode:
    """Read a code of the event; call this after locking the event's tally."""
    code = event.codes.filter(pk=code_id).first()
    if code is None:
        raise CodeNotFound
    code.event = event
    return code


def _save(code: DiscountCode, values: Mapping[str, Any]) -> DiscountCode:
    values = dict(values)
    unlocked = _read_types(code.event, values.pop("unlocks", None))
    if "code" in values:
        values["code"] = values["code"].strip().upper()
    if values.get("amount_off") is not None:
        values["amount_off"] = _read_amount(code.event, values["amount_off"])
    for name, value in values.items():
        setattr(code, name, value)
    _check(code)
    code.save()
    if unlocked is not None:
        code.unlocks.set(unlocked)
    return code


def _check(code: DiscountCode) -> None:
    others = code.event.codes.exclude(pk=code.pk)
    if others.filter(code=code.code).exists():
        raise BadValue("code", "unique", "This event already has this code. Choose another one.")
    if code.percent_off is not None and code.amount_off is not None:
        message = "A code takes a percentage or an amount off. Send null for one of them."
        raise BadValue("amount_off", "one_discount", message)
    if code.max_uses is not None and code.max_uses < code.used:
        message = f"This code is used {code.used} times. Send a number that is not lower."
        raise BadValue("max_uses", "below_used", message)
    if code.valid_from and code.valid_until and code.valid_until <= code.valid_from:
        message = "The code would end before it is valid. Send a later time."
        raise BadValue("valid_until", "until_before_from", message)


def _read_amount(event: Event, amount: Decimal) -> int:
    currency = currency_of(event)
    if not currency:
        message = "No ticket type of this event has a currency. Add one with a price first."
        raise BadValue("amount_off", "no_currency", message)
    return read_amount("amount_off", amount, currency)


def _read_types(event: Event, ids: list[int] | None) -> list[TicketType] | None:
    if ids is None:
        return None
    types = list(event.ticket_types.filter(pk__in=ids))
    if missing := set(ids) - {ticket_type.pk for ticket_type in types}:
        message = f"This event has no ticket type with the id {min(missing)}."
        raise BadValue("unlocks", "does_not_exist", message)
    return types
