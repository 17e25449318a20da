"""Change a profile."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import User
from accounts.services.organizers import choose_role
from accounts.services.pictures import FOLDER, set_picture
from core.images.uploads import squares
from notifications.services import set_preferences


def update_profile(*, user: User, changes: dict[str, Any]) -> User:
    """Change the given fields. `profile_picture` is an upload, an https address, or "" for none.

    Raises BadValue if the upload is not a picture, TooBusy, StorageUnavailable, and the errors of
    `choose_role`.
    """
    picture = changes.get("profile_picture")
    if isinstance(picture, UploadedFile):
        # Outside of the transaction, which deletes the files if it fails.
        with FOLDER.stored(squares(picture, field="profile_picture")) as key:
            return _update(user, changes, {"key": key})
    return _update(user, changes, None if picture is None else {"url": picture})


@transaction.atomic
def _update(user: User, changes: dict[str, Any], picture: dict[str, str] | None) -> User:
    changes = {field: value for field, value in changes.items() if field != "profile_picture"}
    interests = changes.pop("interests", None)
    notifications = changes.pop("notifications", None)
    if (is_organizer := changes.pop("is_organizer", None)) is not None:
        choose_role(user=user, is_organizer=is_organizer)
    for field, value in changes.items():
        setattr(user, field, value)
    if changes:
        user.save(update_fields=list(changes))
    if picture is not None:
        set_picture(user=user, **picture)
    if interests is not None:
        user.interests.set(interests)
    if notifications is not None:
        set_preferences(user_id=user.pk, changes=notifications)
    return user
