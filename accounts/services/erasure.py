"""Erase a person (GDPR, article 17): delete their data, anonymise the rows that others need.

First the account ends (committed). From then on nothing can be undone, and every step can be
repeated: a task continues erasures that were interrupted. It runs once more after the end,
because requests in progress may have written something meanwhile.
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
from accounts.services.lifecycle import lock_unless_last
from accounts.services.pictures import FOLDER, set_picture
from accounts.services.sessions import end_all_sessions
from accounts.signals import account_deactivated, account_erased
from notifications.services import forget_person

logger = structlog.get_logger(__name__)

CLAIM = timedelta(minutes=10)  # longer than a request or a task lives
# Columns of an erased account that are not reset to their defaults.
_KEPT = {"id", "password", "username", "email", "is_active", "date_joined", "erasure_asked_at"}


def erase(*, user_id: int) -> None:
    """Erase a person permanently; does nothing the second time. Raises LastAdmin.

    A failing step is logged and raises nothing: the account has ended, and a task does the rest
    within some minutes.
    """
    if not _end_account(user_id):
        return
    try:
        finish_erasure(user_id=user_id)
    except Exception:
        logger.exception("erasure_broke_off", user_id=user_id)


def claim_due() -> Iterator[int]:
    """Claim the accounts whose erasure is unfinished. A claim expires after CLAIM."""
    now = timezone.now()
    due = User.objects.filter(erasure_due_at__lte=now)
    for user_id in list(due.order_by("erasure_due_at").values_list("pk", flat=True)):
        if due.filter(pk=user_id).update(erasure_due_at=now + CLAIM):
            yield user_id


def finish_erasure(*, user_id: int) -> None:
    """Run every step, also those done before; nothing for an account that is not to be erased."""
    user = User.objects.filter(pk=user_id, erasure_asked_at__isnull=False).first()
    if user is None:
        return
    account_deactivated.send(sender=User, user=user)
    account_erased.send(sender=User, user=user)
    # Only now: the receivers of both signals have just written notifications to the person.
    forget_person(user_id=user_id)
    # Before the key is deleted: otherwise a crash would leave files without a reference.
    if user.picture_key:
        FOLDER.delete(user.picture_key)
    _anonymise(user)


@transaction.atomic
def _end_account(user_id: int) -> bool:
    """Return False if it has ended before. Raises LastAdmin."""
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
def _anonymise(user: User) -> None:
    addresses = {user.email, *_of(EmailAddress, user).values_list("email", flat=True)}
    MailRequest.objects.filter(email__in=addresses).delete()
    for model in (AddressChange, LoginPlace, EmailAddress, Authenticator, SocialAccount, PhoneCode):
        _of(model, user).delete()
    for relation in (user.interests, user.groups, user.user_permissions):
        relation.clear()
    # A login or an upload may have been in progress.
    end_all_sessions(user=user)
    set_picture(user=user)
    values = _anonymous_values(user)
    # The log keeps what admins did to the account, but not its name.
    LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk)
    ).update(object_repr=values["username"])
    User.objects.filter(pk=user.pk).update(**values)
    snapshots.forget(user.pk)


def _of(model: Any, user: User) -> Any:
    return model.objects.filter(user=user)


def _anonymous_values(user: User) -> dict[str, Any]:
    """Return the column values of an anonymised account. Deterministic, so it can be repeated.

    All columns that are not in _KEPT get their defaults, including those that are added later.
    """
    now = timezone.now()
    name = f"deleted-{salted_hmac('erased', str(user.pk)).hexdigest()[:12]}"
    defaults = {
        field.attname: field.get_default()
        for field in User._meta.concrete_fields
        if field.attname not in _KEPT
    }
    return defaults | {
        "username": name,
        "email": f"{name}@deleted.invalid",
        "password": make_password(None),
        "is_active": False,
        "erased_at": user.erased_at or now,
        "erasure_due_at": None if user.erased_at else now + CLAIM,
    }
