"""Maps errors of any database to refusals."""

from django.db import Error, InterfaceError, InternalError, OperationalError

from core.errors import Busy, DatabaseUnavailable, RuleBroken, TookTooLong

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_LOCK_NOT_AVAILABLE = "55P03"
_DEADLOCK = "40P01"
_SERIALIZATION = "40001"
_QUERY_CANCELED = "57014"
_IDLE_IN_TRANSACTION = "25P03"
# https://www.sqlite.org/rescode.html: SQLITE_BUSY, SQLITE_LOCKED
_SQLITE_LOCKED = (5, 6)


def is_busy(error: BaseException) -> bool:
    """Whether it is a lock timeout, so that trying again may help."""
    cause = error.__cause__
    if getattr(cause, "sqlite_errorcode", 0) & 0xFF in _SQLITE_LOCKED:
        return True
    return _code(error) in (_LOCK_NOT_AVAILABLE, _DEADLOCK, _SERIALIZATION)


def refusal_of(error: BaseException) -> RuleBroken | None:
    """Return the refusal, or None if the error is a bug."""
    if not isinstance(error, Error):
        return None
    if is_busy(error):
        return Busy()
    if _code(error) == _QUERY_CANCELED:
        return TookTooLong()
    if isinstance(error, OperationalError | InterfaceError):
        return DatabaseUnavailable()
    if isinstance(error, InternalError) and _code(error) == _IDLE_IN_TRANSACTION:
        return DatabaseUnavailable()
    return None


def _code(error: BaseException) -> str:
    return getattr(error.__cause__, "pgcode", None) or ""
