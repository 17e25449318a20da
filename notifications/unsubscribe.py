"""Tokens in mails that unsubscribe without a login (RFC 8058).

A token names a person and a kind of notification. It is signed and never expires: the link of an
old mail must still work, and it can only switch mails off.
"""

from typing import Any

from django.core import signing

from notifications import kinds
from notifications.exceptions import UnsubscribeTokenWrong
from notifications.kinds import NotificationKind

_SALT = "notifications.unsubscribe"


def token_for(*, user_id: int, kind: str) -> str:
    return signing.dumps([user_id, kind], salt=_SALT)


def read_token(token: str) -> tuple[int, NotificationKind[Any]]:
    """Return the user's ID and the kind. Raises UnsubscribeTokenWrong, also for an account kind."""
    try:
        signed_id, name = signing.loads(token, salt=_SALT)
        user_id, kind = int(signed_id), kinds.get(name)
    except (signing.BadSignature, TypeError, ValueError, kinds.UnknownKindError) as error:
        raise UnsubscribeTokenWrong from error
    if kind.is_about_account:
        raise UnsubscribeTokenWrong
    return user_id, kind
