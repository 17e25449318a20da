"""Quotas on mails to one mailbox, and on SMS.

Counted in the database when a delivery is about to be sent for the first time, whichever account
caused it. Each kind of mail has its own quota, so that receipts never use up the quota of security
mails.
"""

from datetime import timedelta

import structlog
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.crypto import salted_hmac

from core.ratelimit import Limit, count_in_database, is_first
from notifications.models import Channel, Delivery, Kind, Notification

logger = structlog.get_logger(__name__)

DAY_S = 24 * 3600
_RECEIPTS = (Kind.RSVP_CONFIRMED, Kind.WAITLISTED, Kind.RSVP_CANCELLED)
_WITHOUT_DOTS = {"gmail.com", "googlemail.com"}  # providers for which a.b@ and ab@ are one mailbox


def spend(delivery: Delivery) -> str:
    """Count a delivery; return why it must not be sent, or "" if it may."""
    if delivery.channel == Channel.EMAIL:
        return _spend_mail(delivery)
    # Codes were counted when they were requested.
    if delivery.channel == Channel.SMS and delivery.notification.kind != Kind.VERIFY_PHONE:
        return _spend_sms(delivery)
    return ""


def _spend_mail(delivery: Delivery) -> str:
    sort = _sort(delivery)
    if not sort or not settings.RATE_LIMITS:
        return ""
    quota, window_s = settings.MAIL_LIMITS[sort.partition(":")[0]]
    key = f"mail:{sort}:{salted_hmac('mailbox', mailbox_of(delivery.address)).hexdigest()}"
    if count_in_database([Limit("mail", key, quota, window_s)]).allowed:
        return ""
    return "This address has reached its limit for mails of this kind."


def _sort(delivery: Delivery) -> str:
    """Return the quota that counts the mail, or "" if none does."""
    notification = delivery.notification
    if notification.kind == Kind.VERIFY_EMAIL:
        # Counted apart, so that changes to a stranger's address do not block their registration.
        is_own = delivery.address == notification.user.email
        return "verification" if is_own else "verification:change"
    if notification.kind == Kind.RESET_PASSWORD:
        return "reset"
    if notification.kind in _RECEIPTS:
        return "receipts"
    # A warning to a verified or a former address is always sent: otherwise an attacker would first
    # use up the quota, and then take the account without a warning to its owner.
    if notification.kind == Kind.ACCOUNT_SECURITY and not notification.email:
        return "" if _is_verified(delivery) else "security"
    return ""


def _is_verified(delivery: Delivery) -> bool:
    verified = EmailAddress.objects.filter(
        user=delivery.notification.user_id, email=delivery.address, verified=True
    )
    return bool(verified.exists())


def mailbox_of(address: str) -> str:
    """One name for all spellings of a mailbox: +tags (RFC 5233) and case do not count.

    If a provider has no tags, two mailboxes share a quota, which is harmless.
    """
    local, _, domain = address.lower().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _WITHOUT_DOTS:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


def _spend_sms(delivery: Delivery) -> str:
    notification = delivery.notification
    organizer_id = notification.context.get("event", {}).get("organizer_id")
    number = salted_hmac("phone", delivery.address).hexdigest()
    quotas = [
        ("number", number, settings.SMS_PER_NUMBER_DAY),
        ("event", notification.event_id, settings.SMS_PER_EVENT_DAY),
        ("organizer", organizer_id, settings.SMS_PER_ORGANIZER_DAY),
        ("all", "all", settings.SMS_PER_DAY),
    ]
    limits = [
        Limit(name, f"sms:{name}:{of}", quota, DAY_S)
        for name, of, quota in quotas
        if of is not None
    ]
    used_up = next((limit.name for limit in limits if limit.quota < 1), "")
    if not used_up:
        verdict = count_in_database(limits)
        if verdict.allowed:
            return ""
        used_up = next(each.limit.name for each in verdict.standings if not each.left)
    if used_up == "all":
        alert_budget(settings.SMS_PER_DAY, "SMS_PER_DAY")
    return _USED_UP[used_up]


_USED_UP = {
    "number": "Your phone number has reached its daily limit of SMS.",
    "event": "This event has reached its daily limit of SMS.",
    "organizer": "This organizer has reached the daily limit of SMS.",
    "all": "The daily limit of all SMS is reached.",
}


def alert_budget(budget: int, setting: str) -> None:
    """Log that a day's budget is used up and mail it to all superusers, once a day."""
    if not is_first(f"alert:{setting}", window_s=DAY_S):
        return
    logger.error("sms_budget_used_up", setting=setting, budget=budget)
    now = timezone.now()
    superusers = get_user_model().objects.filter(is_superuser=True, is_active=True)
    Notification.objects.bulk_create(
        Notification(
            user_id=user_id,
            kind=Kind.ADMIN_ALERT,
            occasion=f"{setting} {now.isoformat()}",
            context={"setting": setting, "budget": budget},
            useful_until=now + timedelta(days=1),
        )
        for user_id in superusers.values_list("pk", flat=True)
    )
