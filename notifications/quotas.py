"""Quotas on mails to one mailbox, and on SMS.

Counted in the database when a delivery is about to be sent for the first time, whichever account
caused it. Kinds of mail have quotas of their own, so that receipts never use up the quota of
security mails.
"""

from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac

from core.ratelimit import Limit, count_in_database
from notifications import kinds
from notifications.alerts import alert_budget
from notifications.kinds import Channel, NotificationKind, SmsBudget
from notifications.models import Delivery

DAY_S = 24 * 3600
_WITHOUT_DOTS = {"gmail.com", "googlemail.com"}  # providers for which a.b@ and ab@ are one mailbox


def spend(delivery: Delivery) -> str:
    """Count a delivery; return the reason why it must not be sent, or "" if it may."""
    kind = kinds.get(delivery.notification.kind)
    if delivery.channel == Channel.EMAIL:
        return _spend_mail(delivery, kind)
    # Codes were counted when they were requested.
    if delivery.channel == Channel.SMS and not kind.is_about_account:
        return _spend_sms(delivery, kind)
    return ""


def _spend_mail(delivery: Delivery, kind: NotificationKind[Any]) -> str:
    name = kind.mail_quota(delivery) if callable(kind.mail_quota) else kind.mail_quota
    if not name or not settings.RATE_LIMITS:
        return ""
    quota, window_s = settings.MAIL_LIMITS[name.partition(":")[0]]
    key = f"mail:{name}:{salted_hmac('mailbox', mailbox_of(delivery.address)).hexdigest()}"
    if count_in_database([Limit("mail", key, quota, window_s)]).allowed:
        return ""
    return "This address has reached its limit for mails of this kind."


def mailbox_of(address: str) -> str:
    """Return the mailbox of an address, without +tags (RFC 5233) and in lower case.

    If a provider has no tags, two mailboxes share a quota, which is harmless.
    """
    local, _, domain = address.lower().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _WITHOUT_DOTS:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


def _spend_sms(delivery: Delivery, kind: NotificationKind[Any]) -> str:
    number = salted_hmac("phone", delivery.address).hexdigest()
    budgets = [
        SmsBudget(
            "number",
            number,
            settings.SMS_PER_NUMBER_DAY,
            "Your phone number has reached its daily limit of SMS.",
        ),
        *kind.context.read(delivery.notification.context).sms_budgets,
        SmsBudget("all", "all", settings.SMS_PER_DAY, "The daily limit of all SMS is reached."),
    ]
    reasons: dict[str, str] = {budget.name: budget.reason for budget in budgets}
    used_up = next((budget.name for budget in budgets if budget.quota < 1), "")
    if not used_up:
        verdict = count_in_database(
            [
                Limit(budget.name, f"sms:{budget.name}:{budget.key}", budget.quota, DAY_S)
                for budget in budgets
            ]
        )
        if verdict.allowed:
            return ""
        used_up = next(row.limit.name for row in verdict.standings if not row.left)
    if used_up == "all":
        alert_budget(settings.SMS_PER_DAY, "SMS_PER_DAY")
    return reasons[used_up]
