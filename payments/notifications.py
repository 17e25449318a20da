"""The mails about money: receipts and refunds."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from core.money import to_text
from events.notifications import EventContext, event_data
from notifications.kinds import NotificationKind, Priority
from notifications.services import Notice, notify
from payments.models import Payment, Refund

_USEFUL_FOR = timedelta(days=7)


@dataclass(frozen=True)
class MoneyContext(EventContext):
    payment_id: int = 0
    amount: str = ""

    def words(self, zone: ZoneInfo) -> dict[str, Any]:
        return super().words(zone) | {"amount": self.amount, "payment_id": self.payment_id}


PAYMENT_RECEIPT = NotificationKind(
    "payment_receipt",
    "Payment receipt",
    MoneyContext,
    priority=Priority.RECEIPT,
    position=2,  # after those of upper apps
)
REFUNDED = NotificationKind(
    "refunded",
    "Refund",
    MoneyContext,
    priority=Priority.RECEIPT,
    position=2,  # after those of upper apps
)


def send_receipt(payment: Payment) -> None:
    amount = money(payment.amount, payment.currency)
    _send(payment, PAYMENT_RECEIPT, amount, f"payment {payment.pk}")


def send_refunded(payment: Payment, refund: Refund) -> None:
    amount = money(refund.amount, payment.received_currency)
    _send(payment, REFUNDED, amount, f"refund {refund.pk}")


def money(amount: int, currency: str) -> str:
    """Return an amount with its currency, such as `12.50 EUR`."""
    return f"{to_text(amount, currency)} {currency}"


def _send(
    payment: Payment, kind: NotificationKind[MoneyContext], amount: str, occasion: str
) -> None:
    context = MoneyContext(event_data(payment.event), payment_id=payment.pk, amount=amount)
    notice = Notice(
        user_id=payment.payer_id,
        kind=kind,
        event_id=payment.event_id,
        occasion=occasion,
        context=context,
        useful_until=timezone.now() + _USEFUL_FOR,
    )
    notify([notice])
