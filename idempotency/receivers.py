"""Effects on stored responses when accounts are erased or exported."""

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import account_erased, export_asked
from idempotency.models import StoredResponse


@receiver(account_erased)
def forget_responses_to_erased(*, user: User, **_: Any) -> None:
    StoredResponse.objects.filter(user=user).delete()


@receiver(export_asked)
def export_keys(*, user: User, **_: Any) -> dict[str, list[dict[str, Any]]]:
    """Return the keys without the responses: the export has the rows that those show."""
    rows = StoredResponse.objects.filter(user=user).order_by("pk")
    columns = rows.values("id", "key", "status", "created_at")
    return {StoredResponse._meta.label_lower: [{**row} for row in columns]}
