"""Folders of uploaded pictures, and the sweep of unused ones."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage

from core.images import folders
from core.images.folders import PictureFolder, StorageUnavailable
from tests.uploads import age

pytestmark = [pytest.mark.embedded, pytest.mark.slow]  # needs no server

FOLDER = PictureFolder("cats", (64, 32))
MADE = {64: b"large", 32: b"small"}


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def stored(media: Path, *, hours_ago: float = 0) -> str:
    with FOLDER.stored(MADE) as key:
        pass
    age(media / "cats" / key, hours=hours_ago)
    return key


def keys(media: Path) -> set[str]:
    return {path.name for path in (media / "cats").iterdir()}


def nothing(keys: list[str]) -> set[str]:
    return set()


def test_each_upload_has_its_own_key(media: Path) -> None:
    first, second = stored(media), stored(media)
    assert keys(media) == {first, second}
    assert (media / "cats" / first / "64.webp").read_bytes() == b"large"
    assert (media / "cats" / first / "32.webp").read_bytes() == b"small"


def test_failed_block_leaves_no_file(media: Path) -> None:
    def fail() -> None:
        assert len(keys(media)) == 1
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), FOLDER.stored(MADE):
        fail()
    assert keys(media) == set()


def test_sweep_deletes_day_old_files_of_no_row(media: Path) -> None:
    stored(media, hours_ago=25)
    shown, young = stored(media, hours_ago=25), stored(media, hours_ago=23)
    assert FOLDER.sweep(known={shown}.intersection) == 1
    assert keys(media) == {shown, young}


def test_sweep_deletes_the_rest_of_a_failed_deletion(media: Path) -> None:
    half, empty = stored(media), stored(media)
    (media / "cats" / half / "64.webp").unlink()
    for path in (media / "cats" / empty).iterdir():
        path.unlink()
    age(media, hours=25)
    assert FOLDER.sweep(known=nothing) == 2
    assert keys(media) == set()


def test_sweep_continues_in_its_next_run(media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "MOST_ORPHANS", 2)
    monkeypatch.setattr(folders, "_KEYS_A_QUERY", 2)
    for _ in range(5):
        stored(media, hours_ago=25)
    assert [FOLDER.sweep(known=nothing) for _ in range(4)] == [2, 2, 1, 0]


def test_sweep_without_a_folder_finds_nothing() -> None:
    assert FOLDER.sweep(known=nothing) == 0


def test_failed_write_is_503_and_leaves_no_file(
    media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = FileSystemStorage.save

    def fill_up(self: FileSystemStorage, name: str, *args: Any, **kwargs: Any) -> str:
        if name.endswith("/32.webp"):
            raise OSError(28, "No space left on device")
        return save(self, name, *args, **kwargs)

    monkeypatch.setattr(FileSystemStorage, "save", fill_up)
    with pytest.raises(StorageUnavailable) as refused, FOLDER.stored(MADE):
        pass
    assert (refused.value.status, refused.value.code) == (503, "storage_unavailable")
    assert keys(media) == set()


def test_deletion_stops_at_the_first_error(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    tried = []

    def refuse(self: FileSystemStorage, name: str) -> None:
        tried.append(name)
        raise PermissionError

    monkeypatch.setattr(FileSystemStorage, "delete", refuse)
    FOLDER.delete("key")
    assert tried == ["cats/key/64.webp"]
    assert "picture_not_deleted" in caplog.text
