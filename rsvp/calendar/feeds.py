"""The secret addresses of calendar feeds.

A secret has 256 random bits, so its digest is safe without a salt. The secret itself is stored
encrypted (core/crypto.py), because its person can request the address again.
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
    """Return the secret of the person's feed; create it if needed. Raises FeedUnreadable."""
    feed = CalendarFeed.objects.filter(user=user).first()
    if feed is None:
        feed, _ = CalendarFeed.objects.get_or_create(user=user, defaults=_sealed(_new_secret()))
    try:
        return unseal(feed.sealed_secret, purpose=_PURPOSE)
    except CannotOpen as error:
        raise FeedUnreadable from error


def renew_secret(user: User) -> str:
    """Replace the secret and return the new one; the old address stops working."""
    secret = _new_secret()
    CalendarFeed.objects.update_or_create(user=user, defaults=_sealed(secret))
    return secret


def person_of(secret: str) -> User:
    """Return the owner of the feed. Raises FeedNotFound, also if their account is inactive."""
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
