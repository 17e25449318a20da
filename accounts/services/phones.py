"""Phone numbers: a number gets SMS once its owner has confirmed a code that was sent to it."""

from math import ceil

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts import mails, snapshots
from accounts.exceptions import (
    PhoneAlreadyVerified,
    PhoneCountryNotSupported,
    PhoneMissing,
    SmsNotConfigured,
)
from accounts.models import PhoneCode, User
from accounts.phone_codes import code_hash
from core.errors import BadValue, TooManyTries
from core.ratelimit import Limit, count_in_database
from core.validators import may_receive_sms
from notifications import channels, quotas
from notifications.alerts import alert_budget
from notifications.kinds import Channel

MAX_TRIES = 5  # of one code
_PAUSE_S = 60  # between two codes for one person
_CODES_PER_NETWORK = 30  # a day: an office or a dormitory can share one address
_ATTEMPTS = 3  # when two accounts confirm the same number at once, one of them must retry


def send_code(*, user: User, network: str) -> str:
    """Send a code to the number in the user's profile, and return that number.

    `network` is the client's address, which many accounts can share. Raises SmsNotConfigured,
    PhoneMissing, PhoneAlreadyVerified, PhoneCountryNotSupported, TooManyTries.
    """
    has_budget = min(settings.SMS_CODES_PER_DAY, settings.SMS_CODES_PER_NUMBER_DAY) > 0
    if not has_budget or not channels.module(Channel.SMS).is_on():
        raise SmsNotConfigured
    user = User.objects.get(pk=user.pk)
    if not user.phone:
        raise PhoneMissing
    if user.has_confirmed_phone:
        raise PhoneAlreadyVerified
    if not may_receive_sms(user.phone):
        raise PhoneCountryNotSupported
    _spend(user, network)
    mails.send_phone_code(user)
    return user.phone


def _spend(user: User, network: str) -> None:
    """Count a code, also while RATE_LIMITS is off: SMS cost money. Raises TooManyTries."""
    number = salted_hmac("phone", user.phone).hexdigest()
    of_number, of_all = settings.SMS_CODES_PER_NUMBER_DAY, settings.SMS_CODES_PER_DAY
    verdict = count_in_database(
        [
            Limit("pause", f"code:pause:{user.pk}", 1, _PAUSE_S),
            Limit("person", f"code:person:{user.pk}", of_number, quotas.DAY_S),
            Limit("number", f"code:number:{number}", of_number, quotas.DAY_S),
            Limit("network", f"code:network:{network}", _CODES_PER_NETWORK, quotas.DAY_S),
            Limit("all", "code:all", of_all, quotas.DAY_S),
        ]
    )
    if verdict.allowed:
        return
    if any(s.limit.name == "all" and not s.left for s in verdict.standings):
        alert_budget(of_all, "SMS_CODES_PER_DAY")
    raise TooManyTries(retry_after_s=verdict.retry_after_s)


def confirm_phone(*, user: User, code: str) -> str:
    """Confirm the user's number with the code sent to it, and return the number.

    Another account that had confirmed the number before loses it and gets a mail: numbers change
    hands, and this user has just shown that they hold it. Raises BadValue, TooManyTries.
    """
    wrong = BadValue("code", "invalid_code", "This code is wrong or expired. Request a new one.")
    now = timezone.now()
    live = PhoneCode.objects.filter(user=user.pk, expires_at__gt=now)
    # Count before comparing, so that simultaneous tries do not exceed the limit.
    if not live.filter(tries__lt=MAX_TRIES).update(tries=F("tries") + 1):
        used_up = live.first()
        if used_up is None:
            raise wrong
        wait_s = ceil((used_up.expires_at - now).total_seconds())
        raise TooManyTries(retry_after_s=max(1, wait_s))
    sent = live.first()
    if sent is None or not constant_time_compare(
        sent.code_hash, code_hash(user.pk, sent.phone, code)
    ):
        raise wrong
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            if not _take_number(user_id=user.pk, phone=sent.phone):
                raise wrong  # the profile has another number now
            break
        except IntegrityError:
            if attempt == _ATTEMPTS:
                raise
    return sent.phone


@transaction.atomic
def _take_number(*, user_id: int, phone: str) -> bool:
    """Move the number to this user; return False if it is not in their profile.

    Raises IntegrityError if another account confirms it at the same moment.
    """
    holders = User.objects.filter(confirmed_phone=phone).exclude(pk=user_id)
    for holder_id in holders.select_for_update(no_key=True).values_list("pk", flat=True):
        User.objects.filter(pk=holder_id).update(confirmed_phone="")
        mails.send_security(user_id=holder_id, what="phone_taken")
        snapshots.forget(holder_id)
    mine = User.objects.filter(pk=user_id, phone=phone)
    if not mine.update(confirmed_phone=phone):
        return False
    PhoneCode.objects.filter(user=user_id).delete()
    snapshots.forget(user_id)
    return True
