"""What waits for a provider: received events, pending refunds, and payments whose time is over.

Each row says when it is due. A claim moves that forward first, so that two processes do not call
for the same row, and a row that fails, or whose process dies, is tried again after a pause.
"""

import time
from collections.abc import Callable

import structlog
from django.db import transaction
from django.utils import timezone

from payments.gateways.base import ProviderError
from payments.models import Payment, ProviderEvent, Refund
from payments.models.work import Work
from payments.services.closing import close
from payments.services.refunds import send_refund
from payments.services.webhooks import handle_event

logger = structlog.get_logger(__name__)

# Events first: they can make the other calls needless.
_STEPS: list[tuple[type[Work], Callable[[int], None]]] = [
    (ProviderEvent, handle_event),
    (Refund, send_refund),
    (Payment, close),
]


def work(*, for_s: float) -> int:
    """Do what is due, for that long at most; return the number of rows."""
    until = time.monotonic() + for_s
    done = 0
    for model, step in _STEPS:
        while time.monotonic() < until and (pk := _claim(model)) is not None:
            _try(model, step, pk)
            done += 1
    return done


@transaction.atomic
def _claim(model: type[Work]) -> int | None:
    now = timezone.now()
    due = model._default_manager.filter(due_at__lte=now).order_by("due_at", "pk")
    row = due.select_for_update(skip_locked=True, no_key=True).first()
    if row is None:
        return None
    row.due_at = now + row.pause
    row.tries += 1
    row.save(update_fields=["due_at", "tries"])
    return int(row.pk)


def _try(model: type[Work], step: Callable[[int], None], pk: int) -> None:
    try:
        step(pk)
    except ProviderError as error:
        logger.warning("provider_failed", row=model.__name__, id=pk, error=str(error))
    except Exception:
        # One broken row must not stop the money of the others; it is tried again.
        logger.exception("payment_work_failed", row=model.__name__, id=pk)
