"""Permissions to see an event's payments, and to refund them."""

from accounts.models import User
from events.models import Event
from payments.exceptions import PaymentsHidden
from payments.models import Payment


def check_may_see_all(user: User, event: Event) -> None:
    """Raises PaymentsHidden, unless the person owns the event or may view payments."""
    if event.created_by_id != user.pk and not user.may("view", Payment):
        raise PaymentsHidden


def check_may_refund(user: User, payment: Payment) -> None:
    """Raises PaymentsHidden, also for the payer; admins need the permission to change payments."""
    if payment.event.created_by_id != user.pk and not user.may("change", Payment):
        raise PaymentsHidden
