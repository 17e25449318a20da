"""People with sessions and tokens, created in bulk: a login hashes a password, and takes long."""

from dataclasses import dataclass
from datetime import timedelta

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import get_random_string

from accounts.allauth.sessions import SessionStore
from accounts.allauth.signing import RefreshToken
from accounts.models import User

PASSWORD = "correct horse battery"  # noqa: S105
_BATCH = 2_000


@dataclass(frozen=True)
class Person:
    """A user with a verified address, and the tokens of a session."""

    user: User
    access: str
    refresh: str


def create_people(prefix: str, number: int, *, is_organizer: bool = False) -> list[Person]:
    """Create people as if each had registered, verified the address and logged in."""
    hashed = make_password(PASSWORD)
    names = [f"{prefix}{place}" for place in range(number)]
    users = User.objects.bulk_create(
        [
            User(
                username=name,
                email=f"{name}@example.com",
                password=hashed,
                display_name=f"{prefix.title()} {place}",
                is_organizer=is_organizer,
            )
            for place, name in enumerate(names)
        ],
        _BATCH,
    )
    EmailAddress.objects.bulk_create(
        [EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users],
        _BATCH,
    )
    return _open_sessions(users)


def _open_sessions(users: list[User]) -> list[Person]:
    """Write the rows of a login: Django's session and allauth's, with the only refresh token."""
    store = SessionStore()
    expires = timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    keys = [get_random_string(32, "abcdefghijklmnopqrstuvwxyz0123456789") for _ in users]
    contents = [
        {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: "django.contrib.auth.backends.ModelBackend",
            HASH_SESSION_KEY: user.get_session_auth_hash(),
        }
        for user in users
    ]
    Session.objects.bulk_create(
        [
            Session(session_key=key, session_data=store.encode(content), expire_date=expires)
            for key, content in zip(keys, contents, strict=True)
        ],
        _BATCH,
    )
    refreshes = [RefreshToken() for _ in users]
    sessions = UserSession.objects.bulk_create(
        [
            UserSession(
                user=user,
                session_key=key,
                ip="127.0.0.1",
                user_agent="",
                data={"refresh": refresh["jti"]},
            )
            for user, key, refresh in zip(users, keys, refreshes, strict=True)
        ],
        _BATCH,
    )
    people = []
    for user, session, refresh in zip(users, sessions, refreshes, strict=True):
        refresh["user_id"], refresh["sid"] = str(user.pk), str(session.pk)
        people.append(Person(user, str(refresh.access_token), str(refresh)))
    return people
