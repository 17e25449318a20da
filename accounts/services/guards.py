"""How often secrets may be guessed at, whoever guesses from wherever.

Counted in the database (`config.limits`), so that it holds across workers and
while Redis is away. The limits of a client's address (`config.throttling`)
come on top.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.crypto import salted_hmac

from config import limits
from config.errors import RuleBroken

_CODE_LIFE_S = 120  # longer than a code is right


class IncorrectCode(RuleBroken):
    status = 401
    code = "incorrect_code"
    message = "That is not the right code now, or it was used already."


@contextmanager
def guarded_password(login: str) -> Iterator[None]:
    """20 wrong passwords in 15 minutes for one account; raises TooManyTries.

    A try that ends without an exception was right and does not count.
    """
    # Hashed, as it may be anything, and the same for accounts that do not exist.
    key = f"password:{salted_hmac('guesses', login.strip().lower()).hexdigest()}"
    limits.spend(key, limit=20, window_s=15 * 60)
    yield
    limits.give_back(key)


@contextmanager
def guarded_code(user_id: int, code: str) -> Iterator[None]:
    """5 wrong codes in 5 minutes for one person, and each code once.

    Raises TooManyTries, IncorrectCode.
    """
    tries = f"codes:{user_id}"
    limits.spend(tries, limit=5, window_s=5 * 60)
    if not use_up(user_id, code):
        raise IncorrectCode
    yield
    limits.forget(tries)


def use_up(user_id: int, code: str) -> bool:
    """True for the first use of a code, however it is typed."""
    plain = re.sub(r"[\W_]", "", code).lower()  # as lenient as the comparison behind it
    spent = salted_hmac("code", f"{user_id}:{plain}").hexdigest()
    return limits.is_first(f"code:{spent}", window_s=_CODE_LIFE_S)
