"""Every write on people and their sign-ins."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.models import update_last_login
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import RefreshToken

from accounts.models import Session, User
from accounts.signals import account_deactivated
from config.errors import BadValue, RuleBroken
from notifications.services import set_preferences


class InvalidCredentials(RuleBroken):
    status = 401
    code = "invalid_credentials"
    message = "No active account has this name and password."


class SessionOver(RuleBroken):
    status = 401
    code = "token_not_valid"
    message = "The token is wrong, expired or revoked. Log in again."


@dataclass(frozen=True)
class Tokens:
    access: str
    refresh: str


def register(*, username: str, email: str, password: str, is_organizer: bool = False) -> User:
    """A new account, signed in nowhere yet.

    Raises BadValue where two people take one name or address at the same time,
    or where organizers cannot sign themselves up.
    """
    if is_organizer and not settings.ORGANIZER_SELF_SIGNUP:
        raise BadValue(
            "is_organizer", "organizer_signup_closed", "An admin names the organizers here."
        )
    try:
        with transaction.atomic():
            return User.objects.create_user(
                username=username, email=email, password=password, is_organizer=is_organizer
            )
    except IntegrityError as error:
        field = "email" if "email" in str(error) else "username"
        raise BadValue(field, "unique", f"Somebody has this {field} already.") from error


def log_in(*, login: str, password: str) -> Tokens:
    """Tokens of a new session; the same refusal for unknown names and wrong passwords."""
    user = authenticate(username=login, password=password)
    if not isinstance(user, User):
        raise InvalidCredentials
    update_last_login(User, user)
    session_id = uuid4()
    refresh = _refresh_token(user_id=user.pk, session_id=session_id)
    Session.objects.create(id=session_id, user=user, refresh_jti=refresh["jti"])
    return _pair(refresh)


def refresh_tokens(*, refresh: str) -> Tokens:
    """New tokens for a refresh token, which thereby is used up.

    One conditional UPDATE decides, so that of many uses at once exactly one
    wins. Its conditions are columns of the session itself: PostgreSQL does not
    check joined rows again after waiting for a lock. A second use means that
    the token was copied: the session ends (RFC 9700, 4.14.2), as it does for
    somebody who is not active. Raises SessionOver.
    """
    try:
        token = RefreshToken(refresh)  # type: ignore[arg-type]
        session_id, jti = UUID(token["sid"]), token["jti"]
    except (TokenError, KeyError) as error:
        raise SessionOver from error
    successor = _refresh_token(user_id=token["user_id"], session_id=session_id)
    rotated = Session.objects.filter(pk=session_id, refresh_jti=jti, ended_at=None).update(
        refresh_jti=successor["jti"], refreshed_at=timezone.now()
    )
    if not rotated or not User.objects.filter(pk=token["user_id"], is_active=True).exists():
        end_session(session_id=session_id)
        raise SessionOver
    return _pair(successor)


def end_session(*, session_id: UUID | str) -> None:
    """Its tokens stop working at once; ending it twice is no error."""
    Session.objects.filter(pk=session_id, ended_at=None).update(ended_at=timezone.now())


def end_all_sessions(*, user: User) -> None:
    Session.objects.filter(user=user, ended_at=None).update(ended_at=timezone.now())


def forget_dead_sessions() -> int:
    """Delete the sessions of which no token can work any more; answers how many."""
    expired = timezone.now() - settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"]
    dead = Session.objects.filter(Q(ended_at__isnull=False) | Q(refreshed_at__lt=expired))
    count, _ = dead.delete()
    return count


@transaction.atomic
def update_profile(*, user: User, changes: dict[str, Any]) -> User:
    changes = dict(changes)
    interests = changes.pop("interests", None)
    notifications = changes.pop("notifications", None)
    for field, value in changes.items():
        setattr(user, field, value)
    if changes:
        user.save(update_fields=list(changes))
    if interests is not None:
        user.interests.set(interests)
    if notifications is not None:
        set_preferences(user_id=user.pk, changes=notifications)
    return user


def deactivate(*, user: User) -> None:
    """Lock a person out and give their seats back.

    In two steps, so that no seat is lost between them: first the account ends
    (committed), then each event is left in a transaction of its own. A join
    that was under way waits or is refused; repeating this is safe.
    """
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(is_active=False)
        end_all_sessions(user=user)
    user.is_active = False
    account_deactivated.send(sender=User, user=user)


def reactivate(*, user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=True)
    user.is_active = True


def _refresh_token(*, user_id: Any, session_id: UUID) -> RefreshToken:
    token = RefreshToken()
    token["user_id"] = str(user_id)
    token["sid"] = str(session_id)
    return token


def _pair(refresh: RefreshToken) -> Tokens:
    return Tokens(access=str(refresh.access_token), refresh=str(refresh))
