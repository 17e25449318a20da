"""The notifications that tell superusers what needs them, such as a used-up budget."""

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
class AlertContext(Context):
    """A budget that is used up, or another alert in the words of its app."""

    setting: str = ""
    budget: int = 0
    title: str = ""
    text: str = ""


ADMIN_ALERT = NotificationKind(
    "admin_alert",
    "Alert for admins",
    AlertContext,
    priority=Priority.ACCOUNT,
    account_channel=Channel.EMAIL,
    position=1,
)


def alert_budget(budget: int, setting: str) -> None:
    """Log that a day's budget is used up and mail it to all superusers, once a day."""
    if not is_first(f"alert:{setting}", window_s=24 * 3600):
        return
    logger.error("sms_budget_used_up", setting=setting, budget=budget)
    _alert(f"{setting} {timezone.now().isoformat()}", AlertContext(setting, budget))


def alert_admins(title: str, text: str, *, occasion: str) -> None:
    """Log an alert and write it to all superusers in the caller's transaction, once an occasion."""
    logger.error("admins_alerted", title=title)
    _alert(occasion, AlertContext(title=title, text=text))


def _alert(occasion: str, context: AlertContext) -> None:
    now = timezone.now()
    superusers = get_user_model().objects.filter(is_superuser=True, is_active=True)
    notify(
        Notice(
            user_id=user_id,
            kind=ADMIN_ALERT,
            occasion=occasion,
            context=context,
            useful_until=now + timedelta(days=1),
        )
        for user_id in superusers.values_list("pk", flat=True)
    )
