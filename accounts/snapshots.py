"""Who is asking, without a query: what the cache knows of a session and its person.

A snapshot lives 30 seconds at most and counts only while it bears its
person's current version. Whoever changes something about a person (or ends a
session) gives them a new version after the commit: a snapshot that was read
before and is written after that bears the old one, so that not even a slow
reader can bring back what was revoked. Where a new version could not be
written, because Redis is away, a row remembers it and a task tries again;
meanwhile processes that cannot reach Redis read the database.
"""

from functools import partial
from hashlib import blake2s
from typing import Any
from uuid import uuid4

from django.core.cache import cache
from django.db import DEFAULT_DB_ALIAS, transaction
from django.utils import timezone

from accounts.models import StaleSnapshot, User

LIFETIME_S = 30
_VERSION_S = 24 * 3600
# Reading it later loads it: the cache is no place for hashes.
_FIELDS = [f.attname for f in User._meta.concrete_fields if f.attname != "password"]
# Part of the key, because `from_db` goes by the number of values: in a snapshot of another version
# of the model, each value would land in a neighbouring field, also in `is_superuser`.
_VERSION_OF_FIELDS = blake2s(",".join(_FIELDS).encode(), digest_size=4).hexdigest()


def find(*, user_id: int, session_id: int) -> User | None:
    """The active person of a live session, or None. No query while the snapshot lives."""
    version_key, snapshot_key = _version_key(user_id), _snapshot_key(user_id, session_id)
    cached = cache.get_many([version_key, snapshot_key])
    version, snapshot = cached.get(version_key), cached.get(snapshot_key)
    if version is not None and snapshot is not None and snapshot["version"] == version:
        return _person(snapshot["fields"])
    # Before the reading: whatever changes from here on changes the version too.
    version = version or _first_version(version_key)
    found = User.objects.filter(pk=user_id, is_active=True, usersession=session_id)
    fields = found.values(*_FIELDS).first()
    if fields is None:
        return None
    cache.set(snapshot_key, {"version": version, "fields": fields}, LIFETIME_S)
    return _person(fields)


def forget(user_id: int) -> None:
    """Have nobody believe what was known of this person, once the transaction has committed."""
    transaction.on_commit(partial(_forget, user_id))


def retry() -> int:
    """Do what `forget` could not while the cache was away; answers how many are left."""
    for row in StaleSnapshot.objects.order_by("since")[:1000]:
        if not _renew(row.user_id):
            break
        # Whoever changed something meanwhile has written a newer row.
        StaleSnapshot.objects.filter(pk=row.pk, since=row.since).delete()
    return StaleSnapshot.objects.count()


def _forget(user_id: int) -> None:
    if not _renew(user_id):
        StaleSnapshot.objects.update_or_create(user_id=user_id, defaults={"since": timezone.now()})


def _renew(user_id: int) -> bool:
    """Read back, as a cache that is away takes everything and keeps nothing."""
    key, version = _version_key(user_id), uuid4().hex
    cache.set(key, version, _VERSION_S)
    return bool(cache.get(key) == version)


def _first_version(key: str) -> str:
    version = uuid4().hex
    return version if cache.add(key, version, _VERSION_S) else str(cache.get(key))


def _person(fields: dict[str, Any]) -> User:
    return User.from_db(DEFAULT_DB_ALIAS, list(fields), list(fields.values()))


def _version_key(user_id: int) -> str:
    return f"account:{user_id}:version"


def _snapshot_key(user_id: int, session_id: int) -> str:
    return f"account:{user_id}:session:{session_id}:{_VERSION_OF_FIELDS}"
