"""Uploaded pictures in the default storage: one folder per kind, one random key per upload."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from urllib.parse import urljoin

import structlog
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from core.errors import RuleBroken

logger = structlog.get_logger(__name__)

# Longer than any request takes: files of an older key that no row has will never be used.
ORPHANED_AFTER = timedelta(days=1)
MOST_ORPHANS = 100
_KEYS_A_QUERY = 1000


class StorageUnavailable(RuleBroken):
    """The disk is full, or the object store does not respond; nothing was written."""

    status = 503
    code = "storage_unavailable"
    message = "The picture can't be stored now. Try again in a moment."


@dataclass(frozen=True)
class PictureFolder:
    """All pictures of one kind, in the same sizes: `<name>/<key>/<size>.webp`."""

    name: str
    sizes: tuple[int, ...]

    @contextmanager
    def stored(self, files: dict[int, bytes]) -> Iterator[str]:
        """Write these files under a new key, and delete them if the body raises.

        Use it outside of the transaction that writes the key: a storage can be slow, and a rollback
        does not delete files. The files of a key never change, so caches can keep them.
        Raises StorageUnavailable.
        """
        key = secrets.token_urlsafe(16)
        try:
            self._write(key, files)
            yield key
        except BaseException:
            self.delete(key)
            raise

    def _write(self, key: str, files: dict[int, bytes]) -> None:
        for size, data in files.items():
            try:
                default_storage.save(self._file(key, size), ContentFile(data))
            except Exception as error:  # every storage raises its own kinds
                logger.exception("picture_not_stored", folder=self.name, key=key)
                raise StorageUnavailable from error

    def delete(self, key: str) -> None:
        """Delete the files of an upload. A failure is logged, and `sweep` deletes the rest later.

        It stops at the first failure: while a storage is down each file would cost a timeout.
        """
        for path in self._paths(key):
            try:
                default_storage.delete(path)
            except Exception as error:  # noqa: BLE001  (every storage raises its own kinds)
                logger.warning("picture_not_deleted", path=path, error=repr(error))
                return

    def url(self, key: str, *, size: int, base: str = "") -> str:
        """Return the absolute URL, based on `base` (how the client reached us) or on BASE_URL."""
        return urljoin(base or f"{settings.BASE_URL}/", default_storage.url(self._file(key, size)))

    def sweep(self, *, known: Callable[[list[str]], set[str]]) -> int:
        """Delete at most MOST_ORPHANS uploads that no row has, and return how many.

        `known` returns which of some keys are in rows. Orphans are left by processes that are
        killed between writing and the commit, and by storages that were down. Safe to repeat.
        """
        orphans = self._orphans(known)
        count = 0
        for key in islice(orphans, MOST_ORPHANS):
            self.delete(key)
            count += 1
        return count

    def _orphans(self, known: Callable[[list[str]], set[str]]) -> Iterator[str]:
        # Listed before the rows are read, so that an upload in between is not in the list.
        keys = self._keys()
        for start in range(0, len(keys), _KEYS_A_QUERY):
            some = keys[start : start + _KEYS_A_QUERY]
            rows = known(some)
            for key in some:
                if key not in rows and self._is_old(key):
                    yield key

    def _keys(self) -> list[str]:
        try:
            return default_storage.listdir(self.name)[0]
        except FileNotFoundError:  # nothing has been uploaded yet
            return []

    def _is_old(self, key: str) -> bool:
        """Return whether the newest file is old. All can be gone, if a person deletes them now."""
        existing = [path for path in self._paths(key) if default_storage.exists(path)]
        newest = max((default_storage.get_modified_time(path) for path in existing), default=None)
        return newest is not None and newest < timezone.now() - ORPHANED_AFTER

    def _paths(self, key: str) -> list[str]:
        """Return the paths of the files, and of the folder, which exists on disks only."""
        return [*(self._file(key, size) for size in self.sizes), f"{self.name}/{key}"]

    def _file(self, key: str, size: int) -> str:
        return f"{self.name}/{key}/{size}.webp"
