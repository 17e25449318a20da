"""Uploaded files, and the files that they become in MEDIA_ROOT."""

import os
import time
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.pictures import jpeg


def file(data: bytes | None = None, name: str = "me.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, jpeg() if data is None else data, "image/jpeg")


def files(media: Path) -> list[str]:
    return sorted(str(path.relative_to(media)) for path in media.rglob("*") if path.is_file())


def age(media: Path, *, hours: float) -> None:
    """Set the times of all files and folders to this many hours ago."""
    then = time.time() - hours * 3600
    for path in (*media.rglob("*"), media):
        os.utime(path, (then, then))
