"""Profile pictures: uploaded files, or addresses elsewhere."""

from functools import partial

from django.db import transaction

from accounts.models import User
from core.images.folders import PictureFolder
from core.images.uploads import SIZES

FOLDER = PictureFolder("profile-pictures", SIZES)


@transaction.atomic
def set_picture(*, user: User, key: str = "", url: str = "") -> None:
    """Set the stored upload of this key, or an address, or nothing.

    The files of the previous upload are deleted after the commit.
    """
    # From the locked row: of two simultaneous uploads, the second deletes the first one's files.
    before = User.objects.select_for_update(no_key=True).only("picture_key").get(pk=user.pk)
    user.picture_key, user.profile_picture = key, url
    user.save(update_fields=["picture_key", "profile_picture"])
    if before.picture_key and before.picture_key != key:
        transaction.on_commit(partial(FOLDER.delete, before.picture_key))


def sweep_pictures() -> int:
    """Delete uploads that no account uses; return their number."""

    def used(keys: list[str]) -> set[str]:
        return set(User.objects.filter(picture_key__in=keys).values_list("picture_key", flat=True))

    return FOLDER.sweep(known=used)


def picture_url(user: User, *, size: int = SIZES[0], base: str = "") -> str:
    """Return the address of the upload in this size, else the one elsewhere, or "".

    It is absolute: below `base`, this server's address as the client knows it, or BASE_URL.
    """
    if not user.picture_key:
        return user.profile_picture
    return FOLDER.url(user.picture_key, size=size, base=base)
