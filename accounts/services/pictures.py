"""The pictures that people upload of themselves: where they lie, and who shows which."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from urllib.parse import urljoin

import structlog
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import User
from config.pictures import SIZES, squares

logger = structlog.get_logger(__name__)

FOLDER = "profile-pictures"


@contextmanager
def stored(upload: "UploadedFile[bytes]") -> Iterator[str]:
    """Write the upload's squares under a new key, and delete them where the body fails.

    Outside of the transaction that shows them: decoding takes its time, and a file
    knows no rollback. A key never gets other files, so they may be cached for ever.
    Raises BadValue on `profile_picture`.
    """
    made = squares(upload, field="profile_picture")
    key = secrets.token_urlsafe(16)
    try:
        for size, data in made.items():
            default_storage.save(_name(key, size), ContentFile(data))
        yield key
    except BaseException:
        forget_files(key)
        raise


@transaction.atomic
def set_picture(*, user: User, key: str = "", url: str = "") -> None:
    """Show the stored upload of that key, or the address, or neither; the one before is gone.

    Its files are deleted once this is committed.
    """
    # From the locked row: of two uploads at once the second has to delete the first one's files.
    before = User.objects.select_for_update(no_key=True).only("picture_key").get(pk=user.pk)
    user.picture_key, user.profile_picture = key, url
    user.save(update_fields=["picture_key", "profile_picture"])
    if before.picture_key and before.picture_key != key:
        transaction.on_commit(partial(forget_files, before.picture_key))


def remove_picture(*, user: User) -> None:
    """Whether it was uploaded or is somewhere else."""
    set_picture(user=user)


def forget_files(key: str) -> None:
    """Delete an upload's files. What cannot be deleted is logged: nobody can do anything else."""
    for name in (*(_name(key, size) for size in SIZES), f"{FOLDER}/{key}"):
        try:
            default_storage.delete(name)
        except Exception as error:  # noqa: BLE001  (each storage has errors of its own)
            logger.warning("picture_not_deleted", name=name, error=repr(error))


def picture_url(user: User, *, size: int = SIZES[0], base: str = "") -> str:
    """The address of the upload in that size, else the person's own address, or "".

    Absolute: from `base`, this server's as the client knows it, or from BASE_URL.
    """
    if not user.picture_key:
        return user.profile_picture
    return urljoin(
        base or f"{settings.BASE_URL}/", default_storage.url(_name(user.picture_key, size))
    )


def _name(key: str, size: int) -> str:
    return f"{FOLDER}/{key}/{size}.webp"
