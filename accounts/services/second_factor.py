"""The second factor: codes of an app (TOTP, RFC 6238), and recovery codes."""

from dataclasses import dataclass

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction

from accounts import mails
from accounts.allauth.client import Caller, Reply, ask
from accounts.allauth.stored import reading_stored_factors
from accounts.exceptions import (
    AlreadyOn,
    EmailNotVerified,
    NotOn,
    ReauthenticationRequired,
    SessionOver,
)
from accounts.models import User
from accounts.selectors import has_verified_email
from accounts.services.guards import guarded_tries
from accounts.services.reauthentication import require_recent
from core.errors import BadValue


@dataclass(frozen=True)
class Enrolment:
    """What an authenticator app needs; the secret is in force only once a code has proved it."""

    secret: str
    otpauth_url: str
    qr_svg: str


def totp_is_on(user: User) -> bool:
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())


def require_verified_email(user: User) -> None:
    """allauth's own check also refuses while an address that is to replace a verified one waits.

    Raises EmailNotVerified.
    """
    if not has_verified_email(user):
        raise EmailNotVerified


def begin_totp(*, user: User, session_id: int, caller: Caller) -> Enrolment:
    """Return a new secret, which replaces the one that this session was shown before.

    Always a new one: a token that is stolen later must not read it.
    Raises ReauthenticationRequired, EmailNotVerified, AlreadyOn.
    """
    require_verified_email(user)
    key = require_recent(session_id=session_id)
    reply = ask("mfa:manage_totp", method="GET", session_key=key, caller=caller)
    if reply.status != 404:
        refuse(reply)
        raise AlreadyOn
    secret, url = reply.meta["secret"], reply.meta["totp_url"]
    return Enrolment(secret, url, get_adapter().build_totp_svg(url))


def turn_on_totp(*, user: User, session_id: int, code: str, caller: Caller) -> list[str]:
    """The recovery codes that come with it.

    Raises ReauthenticationRequired, EmailNotVerified, AlreadyOn, TooManyTries, and BadValue.
    """
    key = require_recent(session_id=session_id)
    require_verified_email(user)
    if totp_is_on(user):
        raise AlreadyOn
    with guarded_tries(user.pk, allowance=f"session:{session_id}"):
        try:
            refuse(ask("mfa:manage_totp", {"code": code}, session_key=key, caller=caller))
        except IntegrityError as error:  # another device was faster
            raise AlreadyOn from error
    return show_recovery_codes(session_key=key, caller=caller)


def show_recovery_codes(*, session_key: str, caller: Caller) -> list[str]:
    """Those that are left. Raises ReauthenticationRequired."""
    codes = ask("mfa:manage_recovery_codes", method="GET", session_key=session_key, caller=caller)
    refuse(codes)
    return list(codes.data["unused_codes"])


def turn_off_totp(*, session_id: int, caller: Caller) -> None:
    """Turning off what is off is no error. Raises ReauthenticationRequired."""
    key = require_recent(session_id=session_id)
    refuse(ask("mfa:manage_totp", method="DELETE", session_key=key, caller=caller))


def recovery_codes_left(user: User) -> tuple[int, int]:
    """Return how many still work, and of how many. Raises SecondFactorUnreadable."""
    row = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    if row is None:
        return 0, 0
    codes = row.wrap()
    with reading_stored_factors():
        return len(codes.get_unused_codes()), len(codes.generate_codes())


def renew_recovery_codes(*, session_id: int, caller: Caller) -> list[str]:
    """New codes; the old ones stop working. Raises ReauthenticationRequired, NotOn."""
    key = require_recent(session_id=session_id)
    reply = ask("mfa:manage_recovery_codes", {}, session_key=key, caller=caller)
    if reply.status == 400:
        raise NotOn
    refuse(reply)
    return list(reply.data["unused_codes"])


def refuse(reply: Reply) -> None:
    """Raise what allauth's answer to a change of the second factor means, unless it worked."""
    if reply.status == 200:
        return
    if reply.status == 400:
        raise BadValue("code", "incorrect_code", "That is not the code that the app shows now.")
    if reply.meta.get("is_authenticated"):
        raise ReauthenticationRequired
    raise SessionOver


@transaction.atomic
def turn_off_everything(*, user: User) -> None:
    """By an admin, for who has lost the device: codes, passkeys, recovery codes. They are told."""
    removed, _ = Authenticator.objects.filter(user=user).delete()
    if removed:
        mails.send_security(user_id=user.pk, what="second_factor_off")
