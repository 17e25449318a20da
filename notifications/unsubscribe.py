"""The tokens in mails that let somebody unsubscribe without logging in (RFC 8058).

Each names a person and a kind of message, is signed, and never expires: the
link of an old mail must still work, and all that it can do is switch off.
"""

from django.core import signing

from notifications.exceptions import UnsubscribeTokenWrong
from notifications.models import Kind

_SALT = "notifications.unsubscribe"


def token_for(*, user_id: int, kind: str) -> str:
    return signing.dumps([user_id, kind], salt=_SALT)


def read_token(token: str) -> tuple[int, Kind]:
    """Raises UnsubscribeTokenWrong, also for a kind that nobody can switch off."""
    try:
        signed_id, word = signing.loads(token, salt=_SALT)
        user_id, kind = int(signed_id), Kind(word)
    except (signing.BadSignature, TypeError, ValueError) as error:
        raise UnsubscribeTokenWrong from error
    if kind.is_about_account:
        raise UnsubscribeTokenWrong
    return user_id, kind
