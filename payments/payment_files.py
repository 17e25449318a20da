"""The payments of an event as a CSV file."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, StreamingHttpResponse

from core.csv_files import csv_file
from core.keyset import part_of
from core.money import to_text
from events.models import Event
from payments.models import Payment

_HEADER = [
    "id", "username", "status", "amount", "currency", "refunded_amount", "fee", "provider",
    "provider_payment_id", "created_at", "paid_at",
]  # fmt: skip


def payment_file(request: HttpRequest, event: Event, *, after: str = "") -> StreamingHttpResponse:
    """Return at most EXPORT_ROWS payments, in the order of their IDs, in the event's time zone.

    Raises BadValue on `after`, and Busy.
    """
    payments = Payment.objects.filter(event=event).select_related("payer")
    part = part_of(payments, "id", after=after, most=settings.EXPORT_ROWS)
    rows, url = _rows(event, part.rows), request.build_absolute_uri()
    return csv_file(_HEADER, rows, name=f"payments-{event.pk}", part=part, url=url)


def _rows(event: Event, payments: Iterator[Payment]) -> Iterator[list[Any]]:
    zone = ZoneInfo(event.timezone)
    for payment in payments:
        currency, paid_at = payment.currency, payment.paid_at
        yield [
            payment.pk, payment.payer.username, payment.status, to_text(payment.amount, currency),
            currency, to_text(payment.refunded_amount, currency),
            "" if payment.fee is None else to_text(payment.fee, currency), payment.provider,
            payment.provider_payment_id, payment.created_at.astimezone(zone),
            paid_at.astimezone(zone) if paid_at else "",
        ]  # fmt: skip
