"""What every floor raises when it has to say no."""

from collections.abc import Mapping
from typing import Any


class RuleBroken(Exception):  # noqa: N818  (it states a fact, and is no bug)
    """A refusal because of the state of things: 409 unless a subclass says otherwise.

    `code` is stable and documented in the README; `next_step` names what the
    client can do instead, where there is something.
    """

    status = 409
    code = "conflict"
    message = "That is not possible now."
    next_step = ""
    # Further members of the problem (RFC 9457, 3.2), such as a time.
    facts: Mapping[str, Any] = {}

    def __init__(self, message: str = "") -> None:
        super().__init__(message or self.message)


class NotThere(RuleBroken):
    """It does not exist, or not for this person's eyes: 404."""

    status = 404
    code = "not_found"
    message = "There is no such thing here."


class JustChanged(RuleBroken):
    """The database refused, because what was read before is no longer so; nothing was written."""

    message = "Somebody changed this at the same moment. Look at it again, then try again."
    next_step = "read_again"


class BadValue(RuleBroken):
    """A value of the request is at fault: 400, with the field it stands in."""

    status = 400

    def __init__(self, field: str, code: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.code = code


class PayloadTooLarge(RuleBroken):
    status = 413
    code = "payload_too_large"
    message = "The body is too large."


class DatabaseUnavailable(RuleBroken):
    """The database refused or dropped the connection; nothing was written."""

    status = 503
    code = "database_unavailable"
    message = "The service is not available now; try again in a moment."


class Busy(RuleBroken):
    """A lock took too long, or too many requests wait for it already; nothing was written."""

    status = 503
    code = "too_busy"
    message = (
        "Too many requests are working on the same data. Nothing was changed. "
        "Try again in a few seconds."
    )


class TookTooLong(RuleBroken):
    """A statement was stopped at its timeout; nothing was written."""

    status = 503
    code = "took_too_long"
    message = (
        "This request took too long and was stopped. Nothing was changed. "
        "Ask for less, such as fewer days, or try again later."
    )
    retry_after_s = 10


class TooManyTries(RuleBroken):
    """Tried too often; `retry_after_s` whole seconds from now (1 or more) it may be tried again."""

    status = 429
    code = "throttled"

    def __init__(self, *, retry_after_s: int) -> None:
        super().__init__(f"That was tried too often. Try again in {retry_after_s} seconds.")
        self.retry_after_s = retry_after_s


class ProviderUnavailable(RuleBroken):
    """Somebody whom we asked does not answer, or refuses; again in `retry_after_s` seconds."""

    status = 503
    code = "provider_unavailable"
    message = "The provider does not answer now; try again in a moment."

    def __init__(self, message: str = "", *, retry_after_s: int = 2) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
