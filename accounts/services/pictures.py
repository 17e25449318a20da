"""The pictures that people upload of themselves: where they lie, and who shows which."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import User
from core.images.folders import PictureFolder
from core.images.uploads import SIZES, squares

FOLDER = PictureFolder("profile-pictures", SIZES)


@contextmanager
def stored(upload: "UploadedFile[bytes]") -> Iterator[str]:
    """Write the upload's squares under a new key, and delete them where the body fails.

    Outside of the transaction that shows them. Raises BadValue on `profile_picture`,
    TooBusy and StorageUnavailable.
    """
    with FOLDER.stored(squares(upload, field="profile_picture")) as key:
        yield key


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
        transaction.on_commit(partial(FOLDER.delete, before.picture_key))


def remove_picture(*, user: User) -> None:
    """Whether it was uploaded or is somewhere else."""
    set_picture(user=user)


def sweep_pictures() -> int:
    """Delete uploads that nobody shows, and say how many."""
    return FOLDER.sweep(known=_shown)


def _shown(keys: list[str]) -> set[str]:
    return set(User.objects.filter(picture_key__in=keys).values_list("picture_key", flat=True))


def picture_url(user: User, *, size: int = SIZES[0], base: str = "") -> str:
    """The address of the upload in that size, else the person's own address, or "".

    Absolute: from `base`, this server's as the client knows it, or from BASE_URL.
    """
    if not user.picture_key:
        return user.profile_picture
    return FOLDER.url(user.picture_key, size=size, base=base)
