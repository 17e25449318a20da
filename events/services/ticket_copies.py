"""Copies of ticket types and codes, for copies of events and new dates of series."""

from collections.abc import Collection, Sequence
from typing import TypeVar

from django.db.models import Model

from events.models import DiscountCode, Event, Tally, TicketType, TypeTally
from events.services.ticket_types import sum_of_left

_BATCH = 500

Row = TypeVar("Row", bound=Model)


def copy_tickets(*, source: Event, events: Sequence[Event]) -> None:
    """Give new events the ticket types and codes of another one, with nothing sold or used.

    Their times move with the start of the event. Prices are not checked again: a provider is needed
    when tickets are bought. Nobody may have seats at the events yet.
    """
    types = list(source.ticket_types.select_related("tally"))
    codes = list(source.codes.all())
    new_types = {
        (event.pk, row.pk): _copy(row, source, event, {"sales_open_at", "sales_close_at"})
        for event in events
        for row in types
    }
    new_codes = {
        (event.pk, row.pk): _copy(row, source, event, {"valid_from", "valid_until"})
        for event in events
        for row in codes
    }
    TicketType.objects.bulk_create(new_types.values(), batch_size=_BATCH)
    quantities = {row.pk: row.tally.quantity for row in types}
    tallies = [
        TypeTally(ticket_type=copy, quantity=quantities[former])
        for (_, former), copy in new_types.items()
    ]
    TypeTally.objects.bulk_create(tallies, batch_size=_BATCH)
    for code in new_codes.values():
        code.used = 0
    DiscountCode.objects.bulk_create(new_codes.values(), batch_size=_BATCH)
    unlocks = DiscountCode.unlocks.through
    unlocked = unlocks._default_manager.filter(discountcode__in=codes, tickettype__in=types)
    pairs = list(unlocked.values_list("discountcode", "tickettype")) if codes and types else []
    rows = [
        unlocks(
            discountcode_id=new_codes[event.pk, code].pk,
            tickettype_id=new_types[event.pk, type_].pk,
        )
        for event in events
        for code, type_ in pairs
    ]
    unlocks._default_manager.bulk_create(rows, batch_size=_BATCH)
    if types:
        _note_types(events, tallies[: len(types)])


def _copy(row: Row, source: Event, event: Event, times: Collection[str]) -> Row:
    """Return a new row of another event with the same values."""
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    delay = event.start_time - source.start_time
    moved = {name: values[name] and values[name] + delay for name in times}
    return type(row)(**(values | moved | {"id": None, "event_id": event.pk}))


def _note_types(events: Sequence[Event], tallies: Sequence[TypeTally]) -> None:
    left = sum_of_left(tallies)
    rows = Tally.objects.filter(pk__in=[event.pk for event in events])
    rows.update(has_ticket_types=True, tickets_left=left)
    for event in events:
        event.tally.has_ticket_types, event.tally.tickets_left = True, left
