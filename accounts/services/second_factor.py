"""The second factor: codes of an app (TOTP, RFC 6238), and recovery codes."""

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction

from accounts import exceptions, mails
from accounts.allauth.client import Caller, Reply, call
from accounts.allauth.second_factors import reading_stored_factors
from accounts.models import User
from accounts.selectors import has_verified_email
from accounts.services.attempts import code_attempt
from accounts.services.reauthentication import require_recent
from core.errors import BadValue


def is_totp_on(user: User) -> bool:
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())


def require_verified_email(user: User) -> None:
    """Raises EmailNotVerified.

    allauth's own check would also refuse while a change of a verified address is pending.
    """
    if not has_verified_email(user):
        raise exceptions.EmailNotVerified


def begin_totp(*, user: User, session_id: int, caller: Caller) -> dict[str, str]:
    """Return a new secret, as fields of `TotpSerializer`.

    It becomes valid when a code of it is sent. It replaces the previous one of this session: a
    token that is stolen later must not read it. Raises ReauthenticationRequired, EmailNotVerified,
    AlreadyOn.
    """
    require_verified_email(user)
    key = require_recent(session_id=session_id)
    reply = call("mfa:manage_totp", method="GET", session_key=key, caller=caller)
    if reply.status != 404:
        raise_refusal(reply)
        raise exceptions.AlreadyOn
    secret, url = reply.meta["secret"], reply.meta["totp_url"]
    svg = get_adapter().build_totp_svg(url)
    return {"secret": secret, "otpauth_url": url, "qr_svg": svg}


def turn_on_totp(*, user: User, session_id: int, code: str, caller: Caller) -> list[str]:
    """Turn the app on with a code of it, and return the recovery codes.

    Raises ReauthenticationRequired, EmailNotVerified, AlreadyOn, TooManyTries, BadValue.
    """
    key = require_recent(session_id=session_id)
    require_verified_email(user)
    if is_totp_on(user):
        raise exceptions.AlreadyOn
    with code_attempt(user.pk, counter=f"session:{session_id}"):
        try:
            raise_refusal(call("mfa:manage_totp", {"code": code}, session_key=key, caller=caller))
        except IntegrityError as error:  # another device was faster
            raise exceptions.AlreadyOn from error
    return unused_recovery_codes(session_key=key, caller=caller)


def unused_recovery_codes(*, session_key: str, caller: Caller) -> list[str]:
    """Raises ReauthenticationRequired."""
    view = "mfa:manage_recovery_codes"
    reply = call(view, method="GET", session_key=session_key, caller=caller)
    raise_refusal(reply)
    return list(reply.data["unused_codes"])


def turn_off_totp(*, session_id: int, caller: Caller) -> None:
    """Does nothing if it is off. Raises ReauthenticationRequired."""
    key = require_recent(session_id=session_id)
    raise_refusal(call("mfa:manage_totp", method="DELETE", session_key=key, caller=caller))


def count_recovery_codes(user: User) -> tuple[int, int]:
    """Return the numbers of unused codes and of all codes. Raises SecondFactorUnreadable."""
    row = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    if row is None:
        return 0, 0
    codes = row.wrap()
    with reading_stored_factors():
        return len(codes.get_unused_codes()), len(codes.generate_codes())


def renew_recovery_codes(*, session_id: int, caller: Caller) -> list[str]:
    """Return new codes; the old ones stop working. Raises ReauthenticationRequired, NotOn."""
    key = require_recent(session_id=session_id)
    reply = call("mfa:manage_recovery_codes", {}, session_key=key, caller=caller)
    if reply.status == 400:
        raise exceptions.NotOn
    raise_refusal(reply)
    return list(reply.data["unused_codes"])


def raise_refusal(reply: Reply) -> None:
    """Raise the error for a reply to a change of the second factor, unless it succeeded."""
    if reply.status == 200:
        return
    if reply.status == 400:
        message = "This is not the code that your app shows now. Enter the current one."
        raise BadValue("code", "incorrect_code", message)
    is_authenticated = reply.meta.get("is_authenticated")
    raise exceptions.ReauthenticationRequired if is_authenticated else exceptions.SessionOver


@transaction.atomic
def turn_off_everything(*, user: User) -> None:
    """Remove all codes and passkeys, for users who lost their device, and send them a mail."""
    removed, _ = Authenticator.objects.filter(user=user).delete()
    if removed:
        mails.send_security(user_id=user.pk, what="second_factor_off")
