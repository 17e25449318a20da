"""Payments of events that do not take place."""

from collections.abc import Iterable

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from core.background import nudge_on_commit
from events.models import Event
from payments.models import Payment, Refund
from payments.services.closing import request_cancels
from payments.services.refunds import WORK

EVENT_OFF = "The event was cancelled."
_REFUNDABLE = (Payment.Status.PAID, Payment.Status.PARTIALLY_REFUNDED)


def give_back(events: Iterable[Event]) -> None:
    """Have every hold of these events ended, and all money refunded, after this transaction.

    The tallies must be locked: nothing else can refund these payments then. Disputed payments are
    left to the banks. Safe to repeat: only money that no refund has asked for is refunded.
    """
    payments = Payment.objects.filter(event__in=list(events))
    request_cancels(payments)
    requested_sum = Sum("refunds__amount", filter=~Q(refunds__status=Refund.Status.FAILED))
    left = payments.filter(status__in=_REFUNDABLE).annotate(requested=Coalesce(requested_sum, 0))
    now = timezone.now()
    Refund.objects.bulk_create(
        [
            Refund(payment_id=pk, amount=received - requested, reason=EVENT_OFF, due_at=now)
            for pk, received, requested in left.values_list("pk", "received_amount", "requested")
            if received > requested
        ],
        batch_size=1000,
    )
    nudge_on_commit(WORK)
