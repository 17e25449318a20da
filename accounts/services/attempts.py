"""Limits on wrong passwords and codes, whatever address they come from.

Counted in the database (`core.ratelimit`), so that they hold across workers and while Redis is
down. The limits by client address (`core.ratelimit.throttles`) come on top. In each context
manager, a block that ends without an exception was a correct attempt.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.crypto import salted_hmac

from accounts.allauth.client import Caller
from accounts.exceptions import IncorrectCode
from accounts.models import User
from accounts.services.login_places import counter_of
from core import ratelimit
from core.ratelimit.throttles import bucket_of

_QUARTER_S = 15 * 60
_CODE_LIFE_S = 120  # longer than a code is correct


@contextmanager
def password_attempt(login: str, caller: Caller) -> Iterator[None]:
    """Count wrong passwords of one account, under its name and its e-mail address alike.

    In 15 minutes 20 are allowed from one place, and 200 from all new places together. Places where
    the owner has signed in before are counted apart, 20 each and 200 together, so that guesses
    from elsewhere do not lock the owner out. Correct passwords do not count. Raises TooManyTries.
    """
    user_id = _id_of(login)
    account = salted_hmac("guesses", str(user_id or login.strip().lower())).hexdigest()
    place = counter_of(user_id=user_id, caller=caller)
    # The same number of statements for new places and unknown accounts, so that the time reveals
    # nothing.
    keys = {
        f"password:{account}:{place or bucket_of(caller.ip)}": 20,
        f"password:{account}:known" if place else f"password:{account}": 200,
    }
    for key, limit in keys.items():
        ratelimit.spend(key, limit=limit, window_s=_QUARTER_S)
    yield
    for key in keys:
        ratelimit.give_back(key)


def _id_of(login: str) -> int:
    """Return the account's id, or 0 if no account matches."""
    try:
        return User.objects.get_by_natural_key(login).pk
    except User.DoesNotExist:
        return 0


@contextmanager
def confirmation_attempt(user_id: int, session_id: int) -> Iterator[None]:
    """Count wrong passwords of a signed-in user: 20 in 15 minutes for each session.

    By session: a stolen token must not lock the owner out of their own account.
    Raises TooManyTries.
    """
    key = f"proof:{user_id}:{session_id}"
    ratelimit.spend(key, limit=20, window_s=_QUARTER_S)
    yield
    ratelimit.give_back(key)


@contextmanager
def code_attempt(user_id: int, *, counter: str) -> Iterator[None]:
    """Count wrong codes of one user: 5 in 5 minutes; a correct one resets the count.

    `counter` is `session:<id>` for a signed-in user, otherwise the result of
    `login_places.counter_of`: places and sessions are counted apart, and all new places together.
    Raises TooManyTries.
    """
    attempts = f"codes:{user_id}:{counter}"
    ratelimit.spend(attempts, limit=5, window_s=5 * 60)
    yield
    ratelimit.forget(attempts)


@contextmanager
def single_use_code_attempt(user_id: int, code: str, *, counter: str) -> Iterator[None]:
    """As `code_attempt`, and each code works once. Raises TooManyTries, IncorrectCode."""
    with code_attempt(user_id, counter=counter):
        plain = re.sub(r"[\W_]", "", code).lower()  # as lenient as allauth's comparison
        spent = salted_hmac("code", f"{user_id}:{plain}").hexdigest()
        if not ratelimit.is_first(f"code:{spent}", window_s=_CODE_LIFE_S):
            raise IncorrectCode
        yield
