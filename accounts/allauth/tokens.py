"""The `session_token` of a login in progress: an encrypted session key."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from allauth.account.internal.stagekit import LOGIN_SESSION_KEY
from allauth.account.utils import url_str_to_user_pk
from allauth.headless.internal.sessionkit import lookup_session
from allauth.headless.tokens.strategies.base import AbstractTokenStrategy
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest

from accounts.allauth.sessions import is_session_of
from accounts.models import User
from core.crypto import CannotOpen, seal, unseal

STEP_S = 15 * 60  # allauth's own limit for a login in progress
_PASSWORD_AT_START = "login_begun_with"  # noqa: S105


def seal_session(key: str) -> str:
    return seal(key, purpose="session-token")


def open_session(token: str) -> str:
    """Return the session's key. Raises CannotOpen, also for tokens older than 15 minutes."""
    return unseal(token, purpose="session-token", max_age_s=STEP_S)


class SealedSessionTokens(AbstractTokenStrategy):
    """Give clients encrypted session keys: the plain key would open the admin.

    Access tokens are made later (services/sessions.py): the row that they name does not exist yet
    while allauth builds its response.
    """

    def create_session_token(self, request: HttpRequest) -> str:
        # A login that is never finished is not kept for two weeks.
        request.session.set_expiry(None if request.user.is_authenticated else STEP_S)
        user = _pending_user(request.session)
        if user is not None and _PASSWORD_AT_START not in request.session:
            request.session[_PASSWORD_AT_START] = user.get_session_auth_hash()
        request.session.save()
        key = request.session.session_key
        assert key
        return seal_session(key)

    def lookup_session(self, session_token: str) -> SessionBase | None:
        try:
            session: SessionBase | None = lookup_session(open_session(session_token))
        except CannotOpen:
            return None
        return session


def pending_user_id(session_token: str) -> int | None:
    """Return the id of the user whose login waits for its second factor, or None.

    allauth checks the user when a login begins. This checks again: users who were deactivated or
    got another password meanwhile must start again.
    """
    session = SealedSessionTokens().lookup_session(session_token)
    user = _pending_user(session) if session else None
    if session is None or user is None:
        return None
    return user.pk if is_session_of(session, user, key=_PASSWORD_AT_START) else None


@contextmanager
def locked_login(session_token: str) -> Iterator[None]:
    """Lock the session, so that of several simultaneous requests one finishes the login."""
    with transaction.atomic():
        with suppress(CannotOpen):
            rows = Session.objects.filter(session_key=open_session(session_token))
            rows.select_for_update().first()
        yield


def _pending_user(session: Any) -> User | None:
    login = session.get(LOGIN_SESSION_KEY)
    user_pk = login.get("user_pk") if isinstance(login, dict) else None
    return User.objects.filter(pk=url_str_to_user_pk(user_pk)).first() if user_pk else None
