"""Profile pictures: uploaded, at an address, or none."""

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage
from django.db import DatabaseError, transaction
from PIL import Image

from accounts.models import User
from accounts.services import pictures
from accounts.services.profile import update_profile
from accounts.tasks import sweep_pictures
from core.images.folders import StorageUnavailable
from core.images.uploads import squares
from tests.client import Api, committed, refusal
from tests.factories import CategoryFactory
from tests.pictures import exif, jpeg, movie, png, webp
from tests.uploads import age, file, files

pytestmark = pytest.mark.slow

PROFILE = "/api/users/profile/"
ADDRESS = "https://pictures.example.com/ada.jpg"
URL = re.compile(r"http://testserver/media/profile-pictures/([A-Za-z0-9_-]{22})/512\.webp")


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def send(api: Api, expect: int = 200, method: str = "patch", **form: Any) -> Any:
    """Send the form of the profile."""
    response = getattr(api.client, method)(PROFILE, form, format="multipart")
    assert response.status_code == expect, (response.status_code, response.content)
    return response.json()


def key_of(profile: dict[str, Any]) -> str:
    found = URL.fullmatch(profile["profile_picture"])
    assert found, profile["profile_picture"]
    return found[1]


def files_of(key: str) -> list[str]:
    return [f"profile-pictures/{key}/{size}.webp" for size in (128, 48, 512)]


class TestUpload:
    @pytest.mark.parametrize("method", ["put", "patch"])
    @pytest.mark.parametrize("make", [jpeg, png, webp])
    def test_upload_is_shown_in_three_sizes(
        self, as_ada: Api, media: Path, method: str, make: Callable[[], bytes]
    ) -> None:
        key = key_of(send(as_ada, method=method, profile_picture=file(make())))
        assert files(media) == files_of(key)
        for size in (512, 128, 48):
            page = as_ada.client.get(f"/media/profile-pictures/{key}/{size}.webp")
            with Image.open(BytesIO(page.content)) as image:
                assert (image.format, image.size) == ("WEBP", (size, size))

    def test_upload_stays_shown(self, as_ada: Api) -> None:
        shown = send(as_ada, profile_picture=file())["profile_picture"]
        assert as_ada.get("/users/profile/")["profile_picture"] == shown
        assert as_ada.patch("/users/profile/", {"bio": "Climbs."})["profile_picture"] == shown

    def test_location_of_the_photo_is_removed(self, as_ada: Api, media: Path) -> None:
        send(as_ada, profile_picture=file(jpeg(exif=exif(6))))
        for name in files(media):
            assert b"SecretCamera" not in (media / name).read_bytes()

    def test_other_fields_come_along(self, as_ada: Api) -> None:
        music, sport = CategoryFactory.create(), CategoryFactory.create()
        profile = send(
            as_ada, profile_picture=file(), bio="Climbs.", interests=[music.pk, sport.pk]
        )
        assert profile["bio"] == "Climbs."
        assert sorted(profile["interests"]) == sorted([music.pk, sport.pk])
        assert key_of(profile)

    def test_form_without_a_picture_leaves_it(self, as_ada: Api) -> None:
        shown = send(as_ada, profile_picture=file())["profile_picture"]
        profile = send(as_ada, bio="Climbs.")
        assert (profile["bio"], profile["profile_picture"]) == ("Climbs.", shown)

    def test_new_upload_has_a_new_address_and_the_old_one_is_gone(
        self, as_ada: Api, media: Path
    ) -> None:
        first = key_of(send(as_ada, profile_picture=file()))
        second = key_of(send(as_ada, profile_picture=file()))
        assert first != second
        assert files(media) == files_of(second)
        assert [path.name for path in (media / "profile-pictures").iterdir()] == [second]

    def test_old_files_stay_until_the_commit(self, ada: User, media: Path) -> None:
        update_profile(user=ada, changes={"profile_picture": file()})
        first = ada.picture_key
        with committed():
            update_profile(user=ada, changes={"profile_picture": file()})
            assert files(media) == sorted(files_of(first) + files_of(ada.picture_key))
        assert files(media) == files_of(ada.picture_key)

    def test_one_of_two_files_is_used(self, as_ada: Api, media: Path) -> None:
        key = key_of(send(as_ada, profile_picture=[file(), file(png())]))
        assert files(media) == files_of(key)

    def test_files_in_other_fields_are_no_pictures(self, as_ada: Api, media: Path) -> None:
        assert send(as_ada, username=file())["profile_picture"] == ""
        assert refusal(send(as_ada, 400, banner=file())) == (("banner", "unknown_field"),)
        assert refusal(send(as_ada, 400, bio=file())) == (("bio", "invalid"),)
        assert refusal(send(as_ada, 400, interests=file())) == (("interests.0", "invalid"),)
        assert files(media) == []

    def test_more_than_ten_files_are_refused(self, as_ada: Api) -> None:
        assert refusal(send(as_ada, 400, extra=[file() for _ in range(11)])) == ("bad_request",)

    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"", "picture_unknown_type"),
            (b"<svg onload='x()'/>", "picture_unknown_type"),
            (jpeg()[:2000], "picture_broken"),
            (png(20, 20), "picture_too_small"),
            (movie("PNG"), "picture_animated"),
            (jpeg().ljust(5 * 1024 * 1024 + 1), "picture_too_large"),
        ],
    )
    def test_invalid_picture_changes_nothing(
        self, as_ada: Api, ada: User, media: Path, data: bytes, code: str
    ) -> None:
        shown = key_of(send(as_ada, profile_picture=file()))
        problem = send(as_ada, 400, profile_picture=file(data), bio="Climbs.")
        assert refusal(problem) == (("profile_picture", code),)
        ada.refresh_from_db()
        assert (ada.picture_key, ada.bio) == (shown, "")
        assert files(media) == files_of(shown)

    def test_request_over_six_megabytes_is_not_read(self, as_ada: Api) -> None:
        problem = send(as_ada, 413, profile_picture=file(bytes(6 * 1024 * 1024)))
        assert refusal(problem) == ("payload_too_large",)

    def test_text_of_a_form_is_limited_as_json_is(self, as_ada: Api) -> None:
        assert refusal(send(as_ada, 413, bio="x" * 1_100_000)) == ("payload_too_large",)

    def test_strangers_upload_nothing(self, as_nobody: Api, media: Path) -> None:
        send(as_nobody, 401, profile_picture=file())
        assert files(media) == []

    def test_form_without_a_boundary_is_refused(self, as_ada: Api) -> None:
        response = as_ada.client.patch(PROFILE, b"--y\r\n", content_type="multipart/form-data")
        assert (response.status_code, refusal(response.json())) == (400, ("parse_error",))

    def test_empty_form_changes_nothing(self, as_ada: Api) -> None:
        shown = send(as_ada, profile_picture=file())["profile_picture"]
        kind = "multipart/form-data; boundary=x"
        response = as_ada.client.patch(PROFILE, b"--y\r\nnonsense", content_type=kind)
        assert response.json()["profile_picture"] == shown

    def test_other_endpoints_accept_no_forms(self, as_ada: Api) -> None:
        assert as_ada.client.post("/api/devices/", {}, format="multipart").status_code == 415


class TestAddress:
    @pytest.mark.parametrize("format", ["json", "multipart"])
    def test_address_replaces_an_upload(
        self, as_ada: Api, ada: User, media: Path, format: str
    ) -> None:
        send(as_ada, profile_picture=file())
        response = as_ada.client.patch(PROFILE, {"profile_picture": ADDRESS}, format=format)
        assert response.json()["profile_picture"] == ADDRESS
        ada.refresh_from_db()
        assert (ada.picture_key, ada.profile_picture) == ("", ADDRESS)
        assert files(media) == []

    def test_upload_replaces_an_address(self, as_ada: Api, ada: User) -> None:
        as_ada.patch("/users/profile/", {"profile_picture": ADDRESS})
        key = key_of(send(as_ada, profile_picture=file()))
        ada.refresh_from_db()
        assert (ada.picture_key, ada.profile_picture) == (key, "")

    @pytest.mark.parametrize("nothing", ["", None])
    def test_nothing_removes_an_upload(self, as_ada: Api, media: Path, nothing: str | None) -> None:
        send(as_ada, profile_picture=file())
        profile = as_ada.patch("/users/profile/", {"profile_picture": nothing})
        assert profile["profile_picture"] == ""
        assert files(media) == []

    @pytest.mark.parametrize("nothing", ["", None])
    def test_nothing_removes_an_address(self, as_ada: Api, nothing: str | None) -> None:
        as_ada.patch("/users/profile/", {"profile_picture": ADDRESS})
        profile = as_ada.patch("/users/profile/", {"profile_picture": nothing})
        assert profile["profile_picture"] == ""

    def test_invalid_address_keeps_the_upload(self, as_ada: Api, media: Path) -> None:
        shown = key_of(send(as_ada, profile_picture=file()))
        for address in ("http://example.com/a.jpg", "javascript:alert(1)", 5, [ADDRESS], "x" * 600):
            as_ada.patch("/users/profile/", {"profile_picture": address}, expect=400)
        assert files(media) == files_of(shown)

    def test_address_without_a_request_begins_with_the_base(self, ada: User, settings: Any) -> None:
        settings.BASE_URL = "https://api.example.com"
        with pictures.FOLDER.stored(squares(file(), field="x")) as key:
            pictures.set_picture(user=ada, key=key)
        assert pictures.picture_url(ada, size=48) == (
            f"https://api.example.com/media/profile-pictures/{key}/48.webp"
        )

    def test_address_of_another_server_is_kept(self, as_ada: Api, settings: Any) -> None:
        settings.MEDIA_URL = "https://cdn.example.com/m/"
        shown = send(as_ada, profile_picture=file())["profile_picture"]
        assert shown.startswith("https://cdn.example.com/m/profile-pictures/")


class TestFailures:
    def test_failed_write_leaves_no_file(
        self, ada: User, media: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        written: list[list[str]] = []

        def fail(*args: Any, **kwargs: Any) -> None:
            written.append(files(media))
            raise DatabaseError

        monkeypatch.setattr(User, "save", fail)
        with pytest.raises(DatabaseError), transaction.atomic():
            update_profile(user=ada, changes={"profile_picture": file()})
        assert [len(names) for names in written] == [3]
        assert list((media / "profile-pictures").iterdir()) == []

    def test_full_disk_leaves_no_file(
        self, ada: User, media: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        save = FileSystemStorage.save

        def fill_up(self: FileSystemStorage, name: str, *args: Any, **kwargs: Any) -> str:
            if name.endswith("/48.webp"):
                raise OSError(28, "No space left on device")
            return save(self, name, *args, **kwargs)

        monkeypatch.setattr(FileSystemStorage, "save", fill_up)
        with pytest.raises(StorageUnavailable):
            update_profile(user=ada, changes={"profile_picture": file()})
        assert files(media) == []
        ada.refresh_from_db()
        assert ada.picture_key == ""

    def test_file_that_cannot_be_deleted_causes_no_error(
        self, as_ada: Api, monkeypatch: pytest.MonkeyPatch, caplog: Any
    ) -> None:
        send(as_ada, profile_picture=file())

        def refuse(*args: Any) -> None:
            raise PermissionError

        monkeypatch.setattr(FileSystemStorage, "delete", refuse)
        assert as_ada.patch("/users/profile/", {"profile_picture": ""})["profile_picture"] == ""
        assert "picture_not_deleted" in caplog.text

    def test_second_of_two_uploads_at_once_deletes_the_first(self, ada: User, media: Path) -> None:
        """Both began without a picture, so neither knows of the other one."""
        early, late = User.objects.get(pk=ada.pk), User.objects.get(pk=ada.pk)
        update_profile(user=early, changes={"profile_picture": file()})
        with committed():
            update_profile(user=late, changes={"profile_picture": file()})
        assert files(media) == files_of(late.picture_key)


def test_sweep_keeps_used_files(ada: User, media: Path) -> None:
    update_profile(user=ada, changes={"profile_picture": file()})
    with pictures.FOLDER.stored(squares(file(), field="x")):
        pass
    age(media, hours=25)
    sweep_pictures()
    assert files(media) == files_of(ada.picture_key)


class TestAdmin:
    def form(self, ada: User, **changes: Any) -> dict[str, Any]:
        return {
            "username": ada.username,
            "email": ada.email,
            "timezone": "UTC",
            "profile_picture": ada.profile_picture,
            **changes,
        }

    def test_admin_sees_an_upload(
        self, admin_page: Callable[..., str], as_ada: Api, ada: User
    ) -> None:
        key = key_of(send(as_ada, profile_picture=file()))
        assert f"/media/profile-pictures/{key}/128.webp" in admin_page(
            f"/accounts/user/{ada.pk}/change/"
        )

    def test_admin_loads_nothing_from_elsewhere(
        self, admin_page: Callable[..., str], as_ada: Api, ada: User
    ) -> None:
        as_ada.patch("/users/profile/", {"profile_picture": ADDRESS})
        assert f'src="{ADDRESS}"' not in admin_page(f"/accounts/user/{ada.pk}/change/")

    def test_admin_removes_an_upload(
        self,
        admin_page: Callable[..., str],
        as_ada: Api,
        ada: User,
        media: Path,
    ) -> None:
        send(as_ada, profile_picture=file())
        admin_page(f"/accounts/user/{ada.pk}/change/", self.form(ada, remove_picture="on"))
        ada.refresh_from_db()
        assert (ada.picture_key, ada.profile_picture) == ("", "")
        assert files(media) == []

    def test_other_changes_in_the_admin_keep_the_upload(
        self, admin_page: Callable[..., str], as_ada: Api, ada: User
    ) -> None:
        key = key_of(send(as_ada, profile_picture=file()))
        admin_page(f"/accounts/user/{ada.pk}/change/", self.form(ada, bio="Climbs."))
        ada.refresh_from_db()
        assert (ada.picture_key, ada.bio) == (key, "Climbs.")

    def test_admins_address_replaces_the_upload(
        self,
        admin_page: Callable[..., str],
        as_ada: Api,
        ada: User,
        media: Path,
    ) -> None:
        send(as_ada, profile_picture=file())
        admin_page(f"/accounts/user/{ada.pk}/change/", self.form(ada, profile_picture=ADDRESS))
        ada.refresh_from_db()
        assert (ada.picture_key, ada.profile_picture) == ("", ADDRESS)
        assert files(media) == []
