"""Effects on payments when accounts are erased or exported.

An erasure keeps the books: the row of the payer has lost its name.
"""

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import account_erased, export_asked
from payments import selectors
from payments.models import Refund


@receiver(account_erased)
def forget_words_of_erased(*, user: User, **_: Any) -> None:
    """Erase the reasons of refunds to and by the person, which can name them. Safe to repeat."""
    Refund.objects.filter(payment__payer=user).update(reason="")
    Refund.objects.filter(requested_by=user).update(reason="")


@receiver(export_asked)
def export_payments(*, user: User, **_: Any) -> dict[str, list[dict[str, Any]]]:
    return selectors.export_of(user)
