"""The pair of tokens that a refresh returned, kept for ten seconds.

A client that lost the response, or has several tabs, sends the used token again.
The pair is in the session's own row, so the statement that uses a token up also keeps the
pair, in every process and without a cache. It is encrypted with the old token, which is stored
nowhere. Docs: docs/adr/0022-a-refresh-may-be-repeated.md.
"""

import json
from datetime import datetime
from typing import Any

from core.crypto import CannotOpen, seal, unseal

GRACE_S = 10
UNTIL = "former_until"
_FORMER, _PAIR, _PURPOSE = "former", "former_pair", "refresh-grace"


def keep_pair(pair: dict[str, str], *, token: str, jti: str, now: datetime) -> dict[str, Any]:
    """Return the entries of the session's row for the token that was just used."""
    sealed = seal(json.dumps(pair), purpose=_PURPOSE, secret=token)
    return {_FORMER: jti, _PAIR: sealed, UNTIL: now.timestamp() + GRACE_S}


def kept_pair(
    data: dict[str, Any], *, token: str, jti: str, now: datetime
) -> dict[str, str] | None:
    """Return the pair that this token gave; None for older tokens, and after ten seconds."""
    if data.get(_FORMER) != jti or data[UNTIL] <= now.timestamp():
        return None
    try:
        pair: dict[str, str] = json.loads(unseal(data[_PAIR], purpose=_PURPOSE, secret=token))
    except CannotOpen:
        return None
    return pair
