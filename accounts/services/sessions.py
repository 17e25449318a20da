"""Sign-ins, and the tokens that name them in their `sid`.

A sign-in is allauth's `UserSession` with Django's session behind it. All its
tokens are one family: ending it ends its access and refresh tokens at once.
`data["refresh"]` is the one refresh token that may still be used, beside the pair that
`engine.grace` keeps for the one before.
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
from accounts.allauth.client import NOBODY, Caller, session_of, session_under_way
from accounts.allauth.grace import UNTIL, keep_pair, kept_pair
from accounts.allauth.sessions import is_still_of
from accounts.allauth.signing import RefreshToken
from accounts.exceptions import SessionNotFound, SessionOver
from accounts.models import User
from accounts.services.places import remember_place
from notifications.services import forget_devices

_BATCH = 1000


@dataclass(frozen=True)
class Tokens:
    access: str
    refresh: str


def open_session(*, session_key: str) -> Tokens:
    """The tokens of a login that allauth has just let through.

    It judged the password some time ago. Whoever gives the person another one,
    or locks them out, holds the same lock: one is the first, and the other sees it.
    Raises SessionOver.
    """
    mine = UserSession.objects.filter(session_key=session_key)
    with transaction.atomic():
        session = mine.first()
        person = User.objects.locked(session.user_id) if session else None
        if session and person and is_still_of(session_of(session_key), person):
            refresh = _refresh_token(user_id=person.pk, session_id=session.pk)
            mine.update(data={"refresh": refresh["jti"]})
            place = Caller(ip=session.ip, user_agent=session.user_agent)
            remember_place(user_id=person.pk, caller=place)
            return _pair(refresh)
    end_sessions(mine)
    raise SessionOver


def refresh_tokens(*, refresh: str, caller: Caller = NOBODY) -> Tokens:
    """Return new tokens for a refresh token, which thereby is used up.

    One conditional UPDATE decides, so that of many uses at once exactly one
    wins. Its conditions are columns of the row itself: PostgreSQL does not
    check joined rows again after waiting for a lock. The token that was used
    last returns the same pair for ten seconds more (`engine.grace`). Any other
    second use means that the token was copied: the session ends (RFC 9700,
    4.14.2) and its person is told. Raises SessionOver.
    """
    try:
        token = RefreshToken(refresh)  # type: ignore[arg-type]
        user_id, session_id = named_by(token)
        jti = UUID(str(token["jti"])).hex
    except (TokenError, KeyError, ValueError) as error:
        raise SessionOver from error
    successor = _refresh_token(user_id=user_id, session_id=session_id)
    pair = _pair(successor)
    mine = UserSession.objects.filter(pk=session_id, user=user_id)
    now = timezone.now()
    kept = keep_pair(asdict(pair), token=refresh, jti=jti, now=now)
    with transaction.atomic():  # who comes second ends the session when the first is done with it
        is_first = mine.filter(data__refresh=jti).update(
            data={"refresh": successor["jti"], **kept}, last_seen_at=now, ip=caller.ip
        )
        lives = is_first and _prolong(mine, now)
    if lives:
        return pair
    if is_first:
        end_sessions(mine)
    elif former := _pair_again(mine, token=refresh, jti=jti):
        return former
    else:
        _end_reused(mine, user_id=user_id, caller=caller)
    raise SessionOver


def _pair_again(sessions: QuerySet[UserSession], *, token: str, jti: str) -> Tokens | None:
    """Return the pair that this token gave, if that was just now and the session still lives."""
    now = timezone.now()
    living = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=now)
    rows = sessions.filter(Exists(living), user__is_active=True)
    data = rows.values_list("data", flat=True).first()
    pair = kept_pair(data, token=token, jti=jti, now=now) if data else None
    return Tokens(**pair) if pair else None


def _prolong(sessions: QuerySet[UserSession], now: datetime) -> bool:
    """Whether Django's session behind it lives, and its person is active."""
    key = sessions.filter(user__is_active=True).values_list("session_key", flat=True).first()
    expires = now + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    living = Session.objects.filter(session_key=key, expire_date__gt=now)
    return bool(living.update(expire_date=expires))


def named_by(token: Token) -> tuple[int, int]:
    """The ids of the person and the session, written as we write them. Raises ValueError."""
    ids = [token.get("user_id"), token.get("sid")]
    if not all(isinstance(each, str) and re.fullmatch(r"[0-9]{1,18}", each) for each in ids):
        raise ValueError(ids)
    return int(ids[0]), int(ids[1])


def end_session(*, session_id: int, user_id: int) -> None:
    """Its tokens stop working at once. Raises SessionNotFound."""
    if not end_sessions(UserSession.objects.filter(pk=session_id, user=user_id)):
        raise SessionNotFound


@transaction.atomic
def end_other_sessions(*, session_id: int, user_id: int) -> None:
    """End all sessions but one, with their devices, and an unfinished change of the address.

    Another session may have started that change.
    """
    end_sessions(UserSession.objects.filter(user=user_id).exclude(pk=session_id))
    forget_devices(user_id=user_id, keep_session=session_id)
    drop_address_to_come(user_id=user_id)


@transaction.atomic
def end_all_sessions(*, user: User) -> None:
    """As `end_other_sessions`, and this one too."""
    end_sessions(UserSession.objects.filter(user=user))
    forget_devices(user_id=user.pk)
    drop_address_to_come(user_id=user.pk)


def keep_sessions(*, user: User, former_hash: str) -> None:
    """Let the sessions go on that were begun with this hash of the person's password.

    Django's sessions hold a digest of the hash, and end when it changes.
    """
    before = User(password=former_hash).get_session_auth_hash()
    keys = UserSession.objects.filter(user=user).values_list("session_key", flat=True)
    under_way = session_under_way()
    for session in [*map(session_of, keys), *([] if under_way is None else [under_way])]:
        if not constant_time_compare(session.get(HASH_SESSION_KEY, ""), before):
            continue
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        with suppress(UpdateError):  # the session ended meanwhile
            session.save()


def drop_address_to_come(*, user_id: int, keep: str = "") -> int:
    """Nobody can verify any more the address that was to replace the present one."""
    to_come = EmailAddress.objects.filter(user=user_id, verified=False, primary=False)
    dropped, _ = to_come.exclude(email=keep).delete()
    return int(dropped)


@transaction.atomic
def end_sessions(sessions: QuerySet[UserSession]) -> int:
    """End sessions and the devices that they registered; return their number."""
    people = User.objects.select_for_update(no_key=True).filter(pk__in=sessions.values("user"))
    list(people.order_by("pk").values_list("pk"))  # the locks alone are wanted
    # Locked, so that a simultaneous registration of a device is found by the cascade or refused.
    locked = sessions.order_by("pk").select_for_update(no_key=True)
    found = dict(locked.values_list("pk", "session_key"))
    # The snapshots go with the rows (accounts/receivers.py), the devices by their foreign key.
    UserSession.objects.filter(pk__in=list(found)).delete()
    Session.objects.filter(session_key__in=list(found.values())).delete()
    return len(found)


def forget_dead_sessions() -> int:
    """Delete the sessions of which no token can work any more; answers how many."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    dead = UserSession.objects.exclude(session_key__in=Session.objects.values("session_key"))
    forgotten = 0
    while batch := list(dead.values_list("pk", flat=True)[:_BATCH]):
        forgotten += end_sessions(UserSession.objects.filter(pk__in=batch))
    return forgotten


def forget_former_pairs() -> int:
    """Delete the pairs that were kept for tokens which are used up; return their number.

    Rows that somebody is writing at this moment are left for the next time.
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
    """Told once: of many uses at once, one finds the session still there."""
    if end_sessions(sessions):
        mails.send_security(
            user_id=user_id,
            what="sessions_ended_token_reuse",
            ip=caller.ip,
            user_agent=caller.user_agent,
        )


def _refresh_token(*, user_id: Any, session_id: int) -> RefreshToken:
    token = RefreshToken()
    token["user_id"] = str(user_id)
    token["sid"] = str(session_id)
    return token


def _pair(refresh: RefreshToken) -> Tokens:
    return Tokens(access=str(refresh.access_token), refresh=str(refresh))
