"""How often secrets may be guessed at, whoever guesses from wherever.

Counted in the database (`config.limits`), so that it holds across workers and
while Redis is away. The limits of a client's address (`config.throttling`)
come on top.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.crypto import salted_hmac

from accounts.models import User
from config import limits
from config.errors import RuleBroken

_QUARTER_S = 15 * 60
_CODE_LIFE_S = 120  # longer than a code is right


class IncorrectCode(RuleBroken):
    status = 401
    code = "incorrect_code"
    message = "That is not the right code now, or it was used already."


@contextmanager
def guarded_password(login: str, ip: str) -> Iterator[None]:
    """Wrong passwords of one account: 20 in 15 minutes from one address, 200 from everywhere.

    Under its name or its e-mail address alike. From one address fewer, so that
    nobody locks somebody else out by guessing. A try that ends without an
    exception was right and does not count. Raises TooManyTries.
    """
    account = salted_hmac("guesses", _account(login)).hexdigest()
    keys = {f"password:{account}:{ip}": 20, f"password:{account}": 200}
    for key, limit in keys.items():
        limits.spend(key, limit=limit, window_s=_QUARTER_S)
    yield
    for key in keys:
        limits.give_back(key)


@contextmanager
def guarded_proof(user_id: int) -> Iterator[None]:
    """20 wrong passwords in 15 minutes of somebody who is signed in. Raises TooManyTries."""
    key = f"proof:{user_id}"
    limits.spend(key, limit=20, window_s=_QUARTER_S)
    yield
    limits.give_back(key)


def _account(login: str) -> str:
    """Who is meant, or what was typed: that nobody is meant shows nowhere."""
    try:
        return str(User.objects.get_by_natural_key(login).pk)
    except User.DoesNotExist:
        return login.strip().lower()


@contextmanager
def guarded_code(user_id: int, code: str) -> Iterator[None]:
    """5 wrong codes in 5 minutes for one person, and each code once.

    Raises TooManyTries, IncorrectCode.
    """
    with guarded_tries(user_id):
        plain = re.sub(r"[\W_]", "", code).lower()  # as lenient as the comparison behind it
        spent = salted_hmac("code", f"{user_id}:{plain}").hexdigest()
        if not limits.is_first(f"code:{spent}", window_s=_CODE_LIFE_S):
            raise IncorrectCode
        yield


@contextmanager
def guarded_tries(user_id: int) -> Iterator[None]:
    """The same count without using the code up. A right one opens all tries again."""
    tries = f"codes:{user_id}"
    limits.spend(tries, limit=5, window_s=5 * 60)
    yield
    limits.forget(tries)
