"""Sessions of the Django admin, as rows in the table of the API's sessions.

So one list shows both, and code that ends sessions ends both. Django's session stores the id of
its row; it ends when the row is deleted.
"""

from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import QuerySet
from django.utils import timezone

from accounts.allauth.client import Caller
from accounts.models import User
from accounts.services.sessions import end_sessions

_ROW = "user_session"
_RECORDED_EVERY = timedelta(minutes=1)  # a write for each request would be too many


def open_admin_session(*, user: User, session: SessionBase, caller: Caller) -> None:
    """Store a row for a login to the admin, in place of the session's earlier one."""
    end_admin_session(session)
    row = UserSession.objects.create(
        user=user, session_key=session.session_key, **vars(caller),
        data={"is_admin": True},
    )  # fmt: skip
    session[_ROW] = row.pk
    session.set_expiry(_idle())


def keep_admin_session(*, user_id: int, session: SessionBase, caller: Caller) -> bool:
    """Return whether an admin session is still valid, and record its use.

    It ends when its row is deleted, or after ADMIN_SESSION_IDLE_HOURS without use.
    """
    rows = _rows(session).filter(user=user_id)
    row = rows.first()
    now = timezone.now()
    if row is None or row.last_seen_at <= now - _idle():
        end_sessions(rows)
        return False
    if row.session_key != session.session_key:  # Django gives a new key with each new password
        rows.update(session_key=session.session_key)
    if row.last_seen_at <= now - _RECORDED_EVERY:
        rows.update(last_seen_at=now, ip=caller.ip)
        session.set_expiry(_idle())
    return True


def end_admin_session(session: SessionBase) -> None:
    _rows(session).delete()


def _rows(session: SessionBase) -> QuerySet[UserSession]:
    rows: QuerySet[UserSession] = UserSession.objects.filter(pk=session.get(_ROW))
    return rows


def _idle() -> timedelta:
    return timedelta(hours=settings.ADMIN_SESSION_IDLE_HOURS)
