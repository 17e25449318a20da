"""The notification that tells superusers about a budget that is used up."""

from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.contrib.auth import get_user_model
from django.utils import timezone

from core.ratelimit import is_first
from notifications.kinds import Channel, Context, NotificationKind, Priority
from notifications.services import Notice, notify

logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class BudgetContext(Context):
    setting: str
    budget: int


ADMIN_ALERT = NotificationKind(
    "admin_alert",
    "Alert for admins",
    BudgetContext,
    priority=Priority.ACCOUNT,
    account_channel=Channel.EMAIL,
    position=1,
)


def alert_budget(budget: int, setting: str) -> None:
    """Log that a day's budget is used up and mail it to all superusers, once a day."""
    if not is_first(f"alert:{setting}", window_s=24 * 3600):
        return
    logger.error("sms_budget_used_up", setting=setting, budget=budget)
    now = timezone.now()
    superusers = get_user_model().objects.filter(is_superuser=True, is_active=True)
    notify(
        Notice(
            user_id=user_id,
            kind=ADMIN_ALERT,
            occasion=f"{setting} {now.isoformat()}",
            context=BudgetContext(setting, budget),
            useful_until=now + timedelta(days=1),
        )
        for user_id in superusers.values_list("pk", flat=True)
    )
