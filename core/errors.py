"""The base class of all refusals, and those that any app can raise."""

from collections.abc import Mapping
from typing import Any


class RuleBroken(Exception):  # noqa: N818  (it states a fact, and is no bug)
    """A rule refused the request: 409 unless a subclass sets another status.

    `code` is stable and documented; `next_step` names what the client can do instead, if there is
    something.
    """

    status = 409
    code = "conflict"
    message = "This is not possible now."
    next_step = ""
    # Further members of the problem (RFC 9457, 3.2), such as a time.
    facts: Mapping[str, Any] = {}

    def __init__(self, message: str = "") -> None:
        super().__init__(message or self.message)


class NotThere(RuleBroken):
    """The object does not exist, or this person may not see it: 404."""

    status = 404
    code = "not_found"
    message = "Not found."


class JustChanged(RuleBroken):
    """A constraint refused rows that changed after they were read; nothing was written."""

    message = "This was changed at the same moment. Read it again, then try again."
    next_step = "read_again"


class BadValue(RuleBroken):
    """One value of the request is invalid: 400 with the name of its field."""

    status = 400

    def __init__(self, field: str, code: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.code = code


class InvalidIdempotencyKey(RuleBroken):
    status = 400
    code = "invalid_idempotency_key"
    message = (
        "The Idempotency-Key header is invalid. Send 1 to 255 visible ASCII characters without "
        "spaces, such as a UUID."
    )


class IdempotencyKeyReused(RuleBroken):
    status = 422
    code = "idempotency_key_reused"
    message = "You sent this Idempotency-Key with another request. Send a new key."


class RequestInProgress(RuleBroken):
    """The same request with the same key is running: 409."""

    code = "request_in_progress"
    message = (
        "The request with this Idempotency-Key is still running. Send it again in a moment to get "
        "its response."
    )
    retry_after_s = 1


class PayloadTooLarge(RuleBroken):
    status = 413
    code = "payload_too_large"
    message = "The body is too large. Send at most 1 MB of JSON, or 6 MB with a file."


class DatabaseUnavailable(RuleBroken):
    """The database refused or dropped the connection; nothing was written."""

    status = 503
    code = "database_unavailable"
    message = "The service is not available now. Try again in a moment."


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
        "Request less data, such as fewer days, or try again later."
    )
    retry_after_s = 10


class TooManyTries(RuleBroken):
    """Too many tries: 429. The next one is possible in `retry_after_s` seconds, at least 1."""

    status = 429
    code = "throttled"

    def __init__(self, *, retry_after_s: int) -> None:
        super().__init__(f"You tried this too often. Try again in {retry_after_s} seconds.")
        self.retry_after_s = retry_after_s


class ProviderUnavailable(RuleBroken):
    """An external service does not respond, or refuses. Try again in `retry_after_s` seconds."""

    status = 503
    code = "provider_unavailable"
    message = "The provider is not responding. Try again in a moment."

    def __init__(self, message: str = "", *, retry_after_s: int = 2) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
