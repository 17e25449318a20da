"""Erasing a person (GDPR, article 17): what is theirs goes, what others count on stays nameless.

The account ends first, committed. From then on nothing can be undone, and every
step may be repeated: a task goes on with what was cut off. Once all is done it
looks a second time, because requests that were under way may have written
something meanwhile.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import structlog
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.admin.models import LogEntry
from django.contrib.auth.hashers import make_password
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts import snapshots
from accounts.models import AddressChange, LoginPlace, MailRequest, PhoneCode, User
from accounts.services.pictures import FOLDER, remove_picture
from accounts.services.reauthentication import require_recent
from accounts.services.sessions import end_all_sessions
from accounts.services.superusers import lock_unless_last
from accounts.signals import account_deactivated, account_erased
from notifications.services import forget_person

logger = structlog.get_logger(__name__)

CLAIM = timedelta(minutes=10)  # longer than a request or a task lives
# Of a stone. All other columns get their defaults, those too that are added after this.
_KEPT = {"id", "password", "username", "email", "is_active", "date_joined", "erasure_asked_at"}


def erase_myself(*, user: User, session_id: int) -> None:
    """As `erase`. Raises ReauthenticationRequired, SessionOver, LastAdmin."""
    require_recent(session_id=session_id)
    erase(user_id=user.pk)


def erase(*, user_id: int) -> None:
    """Erase a person for good. Twice is no error. Raises LastAdmin.

    Where a step breaks off, that is logged and no error of the caller's: the
    account is over, and the rest is done by a task within some minutes.
    """
    if not _lock_out(user_id):
        return
    try:
        finish_erasure(user_id=user_id)
    except Exception:
        logger.exception("erasure_broke_off", user_id=user_id)


def claim_due() -> Iterator[int]:
    """Whose erasure is to be gone on with; each is the caller's until the claim lapses."""
    now = timezone.now()
    due = User.objects.filter(erasure_due_at__lte=now)
    for user_id in list(due.order_by("erasure_due_at").values_list("pk", flat=True)):
        if due.filter(pk=user_id).update(erasure_due_at=now + CLAIM):
            yield user_id


def finish_erasure(*, user_id: int) -> None:
    """Every step, whether it was done before or not; nothing if nobody has asked for it."""
    user = User.objects.filter(pk=user_id, erasure_asked_at__isnull=False).first()
    if user is None:
        return
    account_deactivated.send(sender=User, user=user)
    account_erased.send(sender=User, user=user)
    # Only now: both have just told the person something, which nobody is going to read.
    forget_person(user_id=user_id)
    # While the row still knows the key: else a crash would leave files that nobody finds.
    if user.picture_key:
        FOLDER.delete(user.picture_key)
    _leave_stone(user)


@transaction.atomic
def _lock_out(user_id: int) -> bool:
    """End the account. Return False if that was done before. Raises LastAdmin."""
    person = lock_unless_last(user_id)
    if person.erasure_asked_at:
        return False
    now = timezone.now()
    User.objects.filter(pk=user_id).update(
        is_active=False, erasure_asked_at=now, erasure_due_at=now + CLAIM
    )
    end_all_sessions(user=person)
    snapshots.forget(user_id)
    return True


@transaction.atomic
def _leave_stone(user: User) -> None:
    addresses = {user.email, *_of(EmailAddress, user).values_list("email", flat=True)}
    MailRequest.objects.filter(email__in=addresses).delete()
    for model in (AddressChange, LoginPlace, EmailAddress, Authenticator, SocialAccount, PhoneCode):
        _of(model, user).delete()
    for told in (user.interests, user.groups, user.user_permissions):
        told.clear()
    # A login or an upload may have been under way.
    end_all_sessions(user=user)
    remove_picture(user=user)
    stone = _stone(user)
    # What admins did to the account stays told, but not whose it was.
    LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk)
    ).update(object_repr=stone["username"])
    User.objects.filter(pk=user.pk).update(**stone)
    snapshots.forget(user.pk)


def _of(model: Any, user: User) -> Any:
    return model.objects.filter(user=user)


def _stone(user: User) -> dict[str, Any]:
    """What is left of a person: a name that is nobody's, which can neither log in nor be guessed.

    The same at each repetition.
    """
    now = timezone.now()
    name = f"deleted-{salted_hmac('erased', str(user.pk)).hexdigest()[:12]}"
    nothing = {
        field.attname: field.get_default()
        for field in User._meta.concrete_fields
        if field.attname not in _KEPT
    }
    return nothing | {
        "username": name,
        "email": f"{name}@deleted.invalid",
        "password": make_password(None),
        "is_active": False,
        "erased_at": user.erased_at or now,
        "erasure_due_at": None if user.erased_at else now + CLAIM,
    }
