"""Sessions, and the tokens that name them in their `sid`.

A session is allauth's `UserSession` with a session of Django. Ending it invalidates all its access
and refresh tokens immediately. `data["refresh"]` is the id of the only refresh token that may be
used; `refresh_grace` keeps the pair that the previous one returned.
"""

import re
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import Token

from accounts import mails
from accounts.allauth.client import NO_CALLER, Caller, current_session, session_of
from accounts.allauth.sessions import is_session_of
from accounts.allauth.signing import RefreshToken
from accounts.exceptions import SessionNotFound, SessionOver
from accounts.models import User
from accounts.services.login_places import remember_place
from accounts.services.refresh_grace import UNTIL, keep_pair, kept_pair
from notifications.services import forget_devices

_BATCH = 1000


@dataclass(frozen=True)
class Tokens:
    access: str
    refresh: str


def open_session(*, session_key: str) -> Tokens:
    """Return the tokens of a login that allauth has just accepted. Raises SessionOver.

    allauth checked the password some time ago. This checks again under the lock of the user, which
    a new password and a deactivation take too.
    """
    rows = UserSession.objects.filter(session_key=session_key)
    with transaction.atomic():
        session = rows.first()
        person = User.objects.locked(session.user_id) if session else None
        if session and person and is_session_of(session_of(session_key), person):
            refresh = _refresh_token(user_id=person.pk, session_id=session.pk)
            rows.update(data={"refresh": refresh["jti"]})
            place = Caller(ip=session.ip, user_agent=session.user_agent)
            remember_place(user_id=person.pk, caller=place)
            return _pair(refresh)
    end_sessions(rows)
    raise SessionOver


def refresh_tokens(*, refresh: str, caller: Caller = NO_CALLER) -> Tokens:
    """Use a refresh token up, and return new tokens. Raises SessionOver.

    One conditional UPDATE decides, so that of simultaneous uses exactly one wins. Its conditions
    are columns of the row itself: PostgreSQL does not check joined rows again after waiting for a
    lock. The token that was used last returns the same pair for ten seconds (`refresh_grace`). Any
    other second use means that the token was copied: the session ends (RFC 9700, 4.14.2) and the
    user gets a mail.
    """
    try:
        token = RefreshToken(refresh)  # type: ignore[arg-type]
        user_id, session_id = read_ids(token)
        jti = UUID(str(token["jti"])).hex
    except (TokenError, KeyError, ValueError) as error:
        raise SessionOver from error
    successor = _refresh_token(user_id=user_id, session_id=session_id)
    pair = _pair(successor)
    rows = UserSession.objects.filter(pk=session_id, user=user_id)
    now = timezone.now()
    kept = keep_pair(asdict(pair), token=refresh, jti=jti, now=now)
    with transaction.atomic():  # a second use waits here until the first one is committed
        is_first = rows.filter(data__refresh=jti).update(
            data={"refresh": successor["jti"], **kept}, last_seen_at=now, ip=caller.ip
        )
        is_live = is_first and _extend(rows, now)
    if is_live:
        return pair
    if is_first:
        end_sessions(rows)
    elif repeated := _repeated_pair(rows, token=refresh, jti=jti):
        return repeated
    else:
        _end_reused(rows, user_id=user_id, caller=caller)
    raise SessionOver


def _repeated_pair(sessions: QuerySet[UserSession], *, token: str, jti: str) -> Tokens | None:
    """Return the pair that this token gave just now; None if the session is over."""
    now = timezone.now()
    live = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=now)
    rows = sessions.filter(Exists(live), user__is_active=True)
    data = rows.values_list("data", flat=True).first()
    pair = kept_pair(data, token=token, jti=jti, now=now) if data else None
    return Tokens(**pair) if pair else None


def _extend(sessions: QuerySet[UserSession], now: datetime) -> bool:
    """Extend Django's session; return False if it is over or its user is not active."""
    key = sessions.filter(user__is_active=True).values_list("session_key", flat=True).first()
    expires = now + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    live = Session.objects.filter(session_key=key, expire_date__gt=now)
    return bool(live.update(expire_date=expires))


def read_ids(token: Token) -> tuple[int, int]:
    """Return the ids of the user and the session. Raises ValueError for other notations of them."""
    ids = [token.get("user_id"), token.get("sid")]
    if not all(isinstance(id_, str) and re.fullmatch(r"[0-9]{1,18}", id_) for id_ in ids):
        raise ValueError(ids)
    return int(ids[0]), int(ids[1])


def end_session(*, session_id: int, user_id: int) -> None:
    """Raises SessionNotFound."""
    if not end_sessions(UserSession.objects.filter(pk=session_id, user=user_id)):
        raise SessionNotFound


@transaction.atomic
def end_all_sessions(*, user: User, keep_session: int | None = None) -> None:
    """End all sessions, or all but one, with their devices.

    Drop a pending change of the address, which one of them may have started.
    """
    rows = UserSession.objects.filter(user=user)
    end_sessions(rows if keep_session is None else rows.exclude(pk=keep_session))
    forget_devices(user_id=user.pk, keep_session=keep_session)
    drop_pending_address(user_id=user.pk)


def keep_sessions(*, user: User, former_hash: str) -> None:
    """Keep the sessions that began with this hash of the password, which was hashed again.

    Django's sessions contain a digest of the hash, and end when it changes.
    """
    before = User(password=former_hash).get_session_auth_hash()
    keys = UserSession.objects.filter(user=user).values_list("session_key", flat=True)
    for session in filter(None, [*map(session_of, keys), current_session()]):
        if constant_time_compare(session.get(HASH_SESSION_KEY, ""), before):
            session[HASH_SESSION_KEY] = user.get_session_auth_hash()
            with suppress(UpdateError):  # the session ended meanwhile
                session.save()


def drop_pending_address(*, user_id: int, keep: str = "") -> int:
    """Drop a new address that is not verified yet, so that its link no longer works."""
    pending = EmailAddress.objects.filter(user=user_id, verified=False, primary=False)
    dropped, _ = pending.exclude(email=keep).delete()
    return int(dropped)


@transaction.atomic
def end_sessions(sessions: QuerySet[UserSession]) -> int:
    """End sessions and the devices that they registered; return their number."""
    people = User.objects.select_for_update(no_key=True).filter(pk__in=sessions.values("user"))
    list(people.order_by("pk").values_list("pk"))  # the locks alone are wanted
    # Locked, so that a simultaneous registration of a device is found by the cascade or refused.
    locked = sessions.order_by("pk").select_for_update(no_key=True)
    keys = dict(locked.values_list("pk", "session_key"))
    # The snapshots go with the rows (accounts/receivers.py), the devices by their foreign key.
    UserSession.objects.filter(pk__in=list(keys)).delete()
    Session.objects.filter(session_key__in=list(keys.values())).delete()
    return len(keys)


def forget_dead_sessions() -> int:
    """Delete the sessions whose tokens have all expired; return their number."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    dead = UserSession.objects.exclude(session_key__in=Session.objects.values("session_key"))
    forgotten = 0
    while batch := list(dead.values_list("pk", flat=True)[:_BATCH]):
        forgotten += end_sessions(UserSession.objects.filter(pk__in=batch))
    return forgotten


def forget_former_pairs() -> int:
    """Delete the expired pairs of `refresh_grace`; return their number.

    Locked rows are skipped until the next run.
    """
    forgotten: int = 0
    past: QuerySet[UserSession] = UserSession.objects.filter(
        **{f"data__{UNTIL}__lt": timezone.now().timestamp()}
    )
    while True:
        with transaction.atomic():
            free = past.select_for_update(skip_locked=True, no_key=True)
            batch = list(free.values_list("pk", flat=True)[:_BATCH])
            only_current = JSONObject(refresh=KT("data__refresh"))
            forgotten += past.filter(pk__in=batch).update(data=only_current)
        if len(batch) < _BATCH:
            return forgotten


def _end_reused(sessions: QuerySet[UserSession], *, user_id: int, caller: Caller) -> None:
    """Send one mail: of simultaneous uses, only one finds the session."""
    if end_sessions(sessions):
        mails.send_security(user_id=user_id, what="sessions_ended_token_reuse", **vars(caller))


def _refresh_token(*, user_id: Any, session_id: int) -> RefreshToken:
    token = RefreshToken()
    token["user_id"] = str(user_id)
    token["sid"] = str(session_id)
    return token


def _pair(refresh: RefreshToken) -> Tokens:
    return Tokens(access=str(refresh.access_token), refresh=str(refresh))
