"""The secret addresses of people's calendar feeds: made, told again, renewed, found.

256 random bits: a digest without salt is safe, and nothing of a secret can be
told from it. It is sealed besides (core/crypto.py), as its person may ask
for it again.
"""

import hashlib
import secrets

from django.utils import timezone

from accounts.models import User
from core.crypto import CannotOpen, seal, unseal
from rsvp.exceptions import FeedNotFound, FeedUnreadable
from rsvp.models import CalendarFeed

_PURPOSE = "calendar feeds"


def secret_of(user: User) -> str:
    """The secret of the person's feed, made when it is asked for first. Raises FeedUnreadable."""
    feed = CalendarFeed.objects.filter(user=user).first()
    if feed is None:
        feed, _ = CalendarFeed.objects.get_or_create(user=user, defaults=_sealed(_new_secret()))
    try:
        return unseal(feed.sealed_secret, purpose=_PURPOSE)
    except CannotOpen as error:
        raise FeedUnreadable from error


def renew_secret(user: User) -> str:
    """A new secret; the old one opens nothing any more."""
    secret = _new_secret()
    CalendarFeed.objects.update_or_create(user=user, defaults=_sealed(secret))
    return secret


def person_of(secret: str) -> User:
    """Whose feed it opens. Raises FeedNotFound, also where their account is not active."""
    feeds = CalendarFeed.objects.filter(digest=_digest(secret), user__is_active=True)
    feed = feeds.select_related("user").first()
    if feed is None:
        raise FeedNotFound
    person: User = feed.user
    return person


def forget_feed(user: User) -> None:
    CalendarFeed.objects.filter(user=user).delete()


def _new_secret() -> str:
    return secrets.token_urlsafe(32)


def _sealed(secret: str) -> dict[str, object]:
    return {
        "digest": _digest(secret),
        "sealed_secret": seal(secret, purpose=_PURPOSE),
        "created_at": timezone.now(),
    }


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
