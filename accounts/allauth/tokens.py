"""What a client carries between the steps of a login: the session, sealed."""

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
from django.utils.crypto import constant_time_compare

from accounts.models import User
from core.crypto import CannotOpen, seal, unseal

STEP_S = 15 * 60  # allauth's own limit for a login that is under way
_BEGUN_WITH = "login_begun_with"


def seal_session(key: str) -> str:
    return seal(key, purpose="session-token")


def open_session(token: str) -> str:
    """The session's key. Raises CannotOpen, also when a step took longer than 15 minutes."""
    return unseal(token, purpose="session-token", max_age_s=STEP_S)


class SealedSessionTokens(AbstractTokenStrategy):
    """Session keys never leave the house as they are: with one, the admin could be opened.

    Our access tokens are made afterwards (services/sessions.py): while allauth
    builds its answer, the row that they name is not there yet.
    """

    def create_session_token(self, request: HttpRequest) -> str:
        # What never becomes a login is not kept for two weeks.
        request.session.set_expiry(None if request.user.is_authenticated else STEP_S)
        waiting = _waiting(request.session)
        if waiting is not None and _BEGUN_WITH not in request.session:
            request.session[_BEGUN_WITH] = waiting.get_session_auth_hash()
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
    """Whose login waits for its second factor; None where there is none (any more).

    allauth looks at the person when a login begins. Here once more: who was
    locked out since, or has another password, has to begin anew.
    """
    try:
        session = lookup_session(open_session(session_token))
    except CannotOpen:
        return None
    user = _waiting(session) if session else None
    if user is None or not user.is_active:
        return None
    begun_with = session.get(_BEGUN_WITH, "")
    is_same = constant_time_compare(begun_with, user.get_session_auth_hash())
    return user.pk if is_same else None


@contextmanager
def one_step_at_a_time(session_token: str) -> Iterator[None]:
    """So that a login which is finished several times at once is finished by one of them."""
    with transaction.atomic():
        with suppress(CannotOpen):
            mine = Session.objects.filter(session_key=open_session(session_token))
            mine.select_for_update().first()
        yield


def _waiting(session: Any) -> User | None:
    """Whose login is under way in the session, if anybody's."""
    login = session.get(LOGIN_SESSION_KEY)
    user_pk = login.get("user_pk") if isinstance(login, dict) else None
    return User.objects.filter(pk=url_str_to_user_pk(user_pk)).first() if user_pk else None
