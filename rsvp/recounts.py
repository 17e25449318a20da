"""Counts of seats, tickets and uses of codes, counted again from their rows."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Case, Count, F, Q, Sum, When
from django.db.models.functions import Coalesce

from events.models import DiscountCode, Tally, TicketType, TypeTally
from rsvp.models import HAS_PLACE, HAS_SEATS, Rsvp

Status = Rsvp.Status


@dataclass(frozen=True)
class Difference:
    """A count that differs from its rows."""

    event_id: int
    field: str
    tally: int | None
    rows: int | None


def tally_differences() -> Iterator[Difference]:
    """Recount every event from its rows, and return the counts that differ."""
    yield from _of_people()
    yield from _of_tickets_left()
    yield from _of_ticket_types()
    yield from _of_parties()
    yield from _of_codes()


def _of_people() -> Iterator[Difference]:
    """A length of the waitlist that is to be counted differs from nothing."""
    fields = ("going", "held", "interested", "waiting", "passed_over", "waitlist_length", "arrived")
    is_waiting = Q(event__rsvps__status=Status.WAITLISTED)
    has_no_place = is_waiting & Q(event__rsvps__guests__gte=F("max_attendees"))
    tallies = Tally.objects.annotate(
        rows_going=_people(Q(event__rsvps__status=Status.GOING)),
        rows_held=_people(Q(event__rsvps__status=Status.PENDING_PAYMENT)),
        rows_interested=_people(Q(event__rsvps__status=Status.INTERESTED)),
        rows_arrived=Coalesce(Sum("event__rsvps__arrived"), 0),
        rows_waiting=_people(is_waiting),
        rows_passed_over=_people(has_no_place),
        rows_waitlist_length=Count("event__rsvps", filter=is_waiting)
        - Count("event__rsvps", filter=has_no_place),
    )
    for tally in tallies.order_by("pk").iterator():
        for field in fields:
            counted, recounted = getattr(tally, field), getattr(tally, f"rows_{field}")
            if counted not in (None, recounted):
                yield Difference(tally.pk, field, counted, recounted)


def _people(which: Q) -> Coalesce:
    return Coalesce(Sum(F("event__rsvps__guests") + 1, filter=which), 0)


def _of_tickets_left() -> Iterator[Difference]:
    """Hidden types do not count, and one type without a limit makes the sum unlimited."""
    stock = "event__ticket_types__tally"
    is_shown = Q(event__ticket_types__is_hidden=False)
    left = Sum(F(f"{stock}__quantity") - F(f"{stock}__taken"), filter=is_shown)
    tallies = Tally.objects.annotate(
        types=Count("event__ticket_types"),
        unlimited=Count("event__ticket_types", filter=is_shown & Q(**{f"{stock}__quantity": None})),
        left=Case(When(unlimited=0, then=left)),
    )
    rows = tallies.filter(Q(has_ticket_types=True) | Q(types__gt=0)).order_by("pk")
    for event_id, has_types, types, tickets_left, recounted in rows.values_list(
        "pk", "has_ticket_types", "types", "tickets_left", "left"
    ):
        if has_types != (types > 0):
            yield Difference(event_id, "has_ticket_types", has_types, types)
        if tickets_left != recounted:
            yield Difference(event_id, "tickets_left", tickets_left, recounted)


def _of_ticket_types() -> Iterator[Difference]:
    has_seat = Q(ticket_type__sold__rsvp__status__in=HAS_SEATS)
    sold = Coalesce(Sum("ticket_type__sold__quantity", filter=has_seat), 0)
    tallies = TypeTally.objects.annotate(rows=sold).exclude(taken=F("rows")).order_by("pk")
    for event_id, pk, taken, rows in tallies.values_list(
        "ticket_type__event", "pk", "taken", "rows"
    ):
        yield Difference(event_id, f"taken of ticket type {pk}", taken, rows)


def _of_parties() -> Iterator[Difference]:
    """Compare the people of each party with its tickets, and its places in both tables."""
    holds_tickets = Q(status__in=HAS_PLACE)
    with_types = Rsvp.objects.filter(event__in=TicketType.objects.order_by().values("event"))
    rsvps = with_types.annotate(
        people=Case(When(holds_tickets, then=F("guests") + 1), default=0),
        sold=Coalesce(Sum("tickets__quantity"), 0),
        misplaced=Count(
            "tickets",
            filter=Q(tickets__line_no__lt=F("line_no"))
            | Q(tickets__line_no__gt=F("line_no"))
            | Q(line_no=None, tickets__line_no__isnull=False)
            | Q(line_no__isnull=False, tickets__line_no=None),
        ),
    )
    rows = rsvps.exclude(people=F("sold"), misplaced=0).order_by("event", "pk")
    for event_id, pk, people, sold, misplaced in rows.values_list(
        "event", "pk", "people", "sold", "misplaced"
    ):
        if people != sold:
            yield Difference(event_id, f"people with tickets of RSVP {pk}", people, sold)
        if misplaced:
            yield Difference(event_id, f"misplaced tickets of RSVP {pk}", 0, misplaced)


def _of_codes() -> Iterator[Difference]:
    codes = DiscountCode.objects.annotate(rows=Count("rsvps")).exclude(used=F("rows"))
    for event_id, code, used, rows in codes.order_by("pk").values_list(
        "event", "code", "used", "rows"
    ):
        yield Difference(event_id, f"used of code {code}", used, rows)
