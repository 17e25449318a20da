"""A cache of sessions and their users, so that authentication needs no query.

A snapshot lives 30 seconds at most and is valid only with the user's current version. A change of
the user, or the end of a session, renews the version after the commit. A snapshot that was read
before the change but written after it carries the old version and is ignored. If the version can't
be renewed because Redis is down, a row records that and a task tries again; meanwhile processes
that can't reach Redis read the database.

Each process also keeps the snapshots that it used last. They are valid under the same conditions,
and the version is compared in the round trip that counts the request's limits.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from functools import cache as once
from functools import partial
from hashlib import blake2s
from threading import Lock
from typing import Any, TypedDict

from cachetools import LRUCache
from django.core.cache import cache
from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import BigIntegerField
from django.utils import timezone

from accounts.models import StaleSnapshot, User
from core.database.statements import Parameter, Statement
from core.ratelimit import Limit, Verdict, count_if

LIFETIME_S = 30
_VERSION_S = 24 * 3600
# Without the hash of the password, which is loaded when it is read.
_FIELDS = [f.attname for f in User._meta.concrete_fields if f.attname != "password"]


class _Snapshot(TypedDict):
    version: int
    expires_at: float
    fields: dict[str, Any]


# Part of the key: `from_db` assigns values by position, and would put those of another version of
# the model into neighbouring fields, such as `is_superuser`.
_VERSION_OF_FIELDS = blake2s(
    ",".join([*_Snapshot.__annotations__, *_FIELDS]).encode(), digest_size=4
).hexdigest()
_kept: LRUCache[str, _Snapshot] = LRUCache(maxsize=4096)  # about 12 MB
_lock = Lock()


def find_and_count(
    *, user_id: int, session_id: int, limits_of: Callable[[User], Sequence[Limit]]
) -> tuple[User, Verdict] | None:
    """Return the user, as `find` does, and count their limits, both in one round trip.

    Return None, and count nothing, if this process has no valid snapshot.
    """
    snapshot = _kept_snapshot(_snapshot_key(user_id, session_id))
    if snapshot is None or snapshot["expires_at"] < time.time():
        return None
    user = _person(snapshot["fields"])
    verdict = count_if(limits_of(user), key=_version_key(user_id), value=snapshot["version"])
    return None if verdict is None else (user, verdict)


def find(*, user_id: int, session_id: int) -> User | None:
    """Return the active user of a live session, or None; no query while a snapshot is valid."""
    version_key, snapshot_key = _version_key(user_id), _snapshot_key(user_id, session_id)
    cached = cache.get_many([version_key, snapshot_key])
    version, snapshot = cached.get(version_key), cached.get(snapshot_key)
    if version is None or snapshot is None or snapshot["version"] != version:
        # Read the version before the row: a later change renews the version.
        version = version or _first_version(version_key)
        rows = _active_user().rows(user=user_id, session=session_id)
        if not rows:
            return None
        fields = dict(zip(_FIELDS, rows[0], strict=True))
        expires_at = time.time() + LIFETIME_S
        snapshot = _Snapshot(version=version, expires_at=expires_at, fields=fields)
        cache.set(snapshot_key, snapshot, LIFETIME_S)
    with _lock:
        _kept[snapshot_key] = snapshot
    return _person(snapshot["fields"])


@once
def _active_user() -> Statement:
    user, session = (Parameter(name, BigIntegerField()) for name in ("user", "session"))
    users = User.objects.filter(pk=user, is_active=True, usersession=session)
    return Statement.of(users.values_list(*_FIELDS))


def forget(user_id: int) -> None:
    """Invalidate the user's snapshots after the commit."""
    transaction.on_commit(partial(_forget, user_id))


def retry() -> int:
    """Repeat failed calls of `forget`; return the number of those that are left."""
    for row in StaleSnapshot.objects.order_by("since")[:1000]:
        if not _renew(row.user_id):
            break
        # A change in the meantime has written a newer row, which stays.
        StaleSnapshot.objects.filter(pk=row.pk, since=row.since).delete()
    return StaleSnapshot.objects.count()


def _forget(user_id: int) -> None:
    if not _renew(user_id):
        StaleSnapshot.objects.update_or_create(user_id=user_id, defaults={"since": timezone.now()})


def _renew(user_id: int) -> bool:
    """Read the version back, because a cache that is down raises no error."""
    key, version = _version_key(user_id), _new_version()
    cache.set(key, version, _VERSION_S)
    return bool(cache.get(key) == version)


def _first_version(key: str) -> Any:
    version = _new_version()
    return version if cache.add(key, version, _VERSION_S) else cache.get(key, version)


def _new_version() -> int:
    """Return a number, which the cache stores as plain text, so that a script can compare it."""
    return secrets.randbits(63)


def _kept_snapshot(key: str) -> _Snapshot | None:
    with _lock:  # reading moves the entry, too
        return _kept.get(key)


def _person(fields: dict[str, Any]) -> User:
    return User.from_db(DEFAULT_DB_ALIAS, list(fields), list(fields.values()))


def _version_key(user_id: int) -> str:
    return f"account:{user_id}:version"


def _snapshot_key(user_id: int, session_id: int) -> str:
    return f"account:{user_id}:session:{session_id}:{_VERSION_OF_FIELDS}"
