"""Where uploaded pictures lie in the default storage: a folder a kind, a random key an upload."""

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

# Longer than any request lives: what no row names by then, none ever will.
ORPHANED_AFTER = timedelta(days=1)
MOST_ORPHANS = 100
_KEYS_A_QUERY = 1000


class StorageUnavailable(RuleBroken):
    """The disk is full, or the object store does not answer; nothing was written."""

    status = 503
    code = "storage_unavailable"
    message = "Pictures cannot be stored now; try again in a moment."


@dataclass(frozen=True)
class PictureFolder:
    """All pictures of one kind, each in the same sizes: `<name>/<key>/<size>.webp`."""

    name: str
    sizes: tuple[int, ...]

    @contextmanager
    def stored(self, made: dict[int, bytes]) -> Iterator[str]:
        """Write these files under a new key, and delete them where the body fails.

        Outside of the transaction that shows them: a storage may be slow, and a file
        knows no rollback. A key never gets other files, so they may be cached for ever.
        Raises StorageUnavailable.
        """
        key = secrets.token_urlsafe(16)
        try:
            self._write(key, made)
            yield key
        except BaseException:
            self.delete(key)
            raise

    def _write(self, key: str, made: dict[int, bytes]) -> None:
        for size, data in made.items():
            try:
                default_storage.save(self._file(key, size), ContentFile(data))
            except Exception as error:  # each storage has errors of its own
                logger.exception("picture_not_stored", folder=self.name, key=key)
                raise StorageUnavailable from error

    def delete(self, key: str) -> None:
        """Delete an upload's files. What cannot be deleted is logged, and left to the sweep.

        It stops at the first failure: of a storage that is away each would cost a timeout.
        """
        for path in self._paths(key):
            try:
                default_storage.delete(path)
            except Exception as error:  # noqa: BLE001  (each storage has errors of its own)
                logger.warning("picture_not_deleted", path=path, error=repr(error))
                return

    def url(self, key: str, *, size: int, base: str = "") -> str:
        """Absolute: from `base`, this server's as the client knows it, or from BASE_URL."""
        return urljoin(base or f"{settings.BASE_URL}/", default_storage.url(self._file(key, size)))

    def sweep(self, *, known: Callable[[list[str]], set[str]]) -> int:
        """Delete uploads that no row names, and say how many. `known` tells which of these are.

        They are left by a process that is killed between writing and the commit, and by a
        storage that was away. At most MOST_ORPHANS a time; repeating it is safe.
        """
        orphans = self._orphans(known)
        count = 0
        for key in islice(orphans, MOST_ORPHANS):
            self.delete(key)
            count += 1
        return count

    def _orphans(self, known: Callable[[list[str]], set[str]]) -> Iterator[str]:
        # Looked at before the rows are: what is written meanwhile is not among them.
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
        """Of what is still there: its person may be deleting it at this moment."""
        there = [path for path in self._paths(key) if default_storage.exists(path)]
        newest = max((default_storage.get_modified_time(path) for path in there), default=None)
        return newest is not None and newest < timezone.now() - ORPHANED_AFTER

    def _paths(self, key: str) -> list[str]:
        """The files, and the folder itself, which only a disk has."""
        return [*(self._file(key, size) for size in self.sizes), f"{self.name}/{key}"]

    def _file(self, key: str, size: int) -> str:
        return f"{self.name}/{key}/{size}.webp"
