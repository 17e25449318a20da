"""Files that are no banners are refused, and nothing is stored."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage
from django.db import DatabaseError

from events.models import Event
from events.services.events import cancel_event
from tests.client import Api, refusal
from tests.events.bannered import change, create, files_of, with_banner
from tests.pictures import jpeg, movie, png, vast_png
from tests.uploads import file, files

pytestmark = [pytest.mark.embedded, pytest.mark.slow]


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "a.png", "picture_unknown_type"),
        (b"This is no picture.", "a.jpg", "picture_unknown_type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.png", "picture_unknown_type"),
        (vast_png(20_000, 20_000), "a.png", "picture_too_many_pixels"),
        (jpeg()[:2000], "a.jpg", "picture_broken"),
        (png(20, 20), "a.png", "picture_too_small"),
        (movie("PNG"), "a.png", "picture_animated"),
        (jpeg().ljust(5 * 1024 * 1024 + 1), "a.jpg", "picture_too_large"),
    ],
)
def test_invalid_picture_creates_no_event(
    as_olive: Api, media: Path, data: bytes, name: str, code: str
) -> None:
    problem = create(as_olive, 400, banner=file(data, name))
    assert refusal(problem) == (("banner", code),)
    assert not Event.objects.exists()
    assert files(media) == []


def test_invalid_picture_changes_nothing(as_olive: Api, event: Event, media: Path) -> None:
    key = with_banner(event).banner
    change(as_olive, event, 400, banner=file(b"text"), title="Late Jazz")
    before = event.title
    event.refresh_from_db()
    assert (event.title, event.banner) == (before, key)
    assert files(media) == files_of(key)


@pytest.mark.parametrize("format", ["json", "multipart"])
@pytest.mark.parametrize("text", ["https://pictures.example.com/a.jpg", "banner.jpg"])
def test_text_is_refused_with_advice_to_upload_a_file(
    as_olive: Api, event: Event, format: str, text: str
) -> None:
    body = {"banner": text}
    response = as_olive.client.patch(f"/api/events/{event.pk}/", body, format=format)
    assert refusal(response.json()) == (("banner", "invalid"),)
    assert "Send the banner as a file" in response.json()["errors"][0]["detail"]


@pytest.mark.parametrize("value", [5, True, [], {}, {"small": "https://example.com/a.webp"}])
def test_other_json_is_refused(as_olive: Api, event: Event, value: Any) -> None:
    problem = as_olive.patch(f"/events/{event.pk}/", {"banner": value}, expect=400)
    assert refusal(problem) == (("banner", "invalid"),)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"title": ""}, ("title", "blank")),
        ({"title": file()}, ("title", "invalid")),
        ({"tags": ["999"]}, ("tags.0", "does_not_exist")),
        ({"start_time": "2020-01-01T10:00:00Z"}, ("start_time", "start_in_past")),
    ],
)
def test_valid_banner_of_an_invalid_event_leaves_no_file(
    as_olive: Api, media: Path, fault: dict[str, Any], code: tuple[str, str]
) -> None:
    assert refusal(create(as_olive, 400, banner=file(), **fault)) == (code,)
    assert files(media) == []


def test_refused_change_leaves_no_file(as_olive: Api, event: Event, media: Path) -> None:
    cancel_event(event_id=event.pk)
    assert refusal(change(as_olive, event, 409, banner=file())) == ("event_cancelled",)
    assert files(media) == []


def test_failed_write_leaves_no_file(
    event: Event, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []

    def fail(*args: Any, **kwargs: Any) -> None:
        written.append(len(files(media)))
        raise DatabaseError

    monkeypatch.setattr(Event, "save", fail)
    with pytest.raises(DatabaseError):
        with_banner(event)
    assert written == [3]
    assert files(media) == []


@pytest.mark.parametrize("stranger", ["as_ada", "as_sam", "as_nobody"])
def test_banner_of_a_stranger_is_not_decoded(
    request: pytest.FixtureRequest, event: Event, stranger: str, media: Path
) -> None:
    api = request.getfixturevalue(stranger)
    status = 401 if stranger == "as_nobody" else 403
    change(api, event, status, banner=file(b"no picture at all"))
    create(api, status, banner=file(b"no picture at all"))
    assert files(media) == []


def test_request_over_six_megabytes_is_not_read(as_olive: Api) -> None:
    problem = create(as_olive, 413, banner=file(bytes(6 * 1024 * 1024)))
    assert refusal(problem) == ("payload_too_large",)


def test_form_without_a_boundary_is_400(as_olive: Api) -> None:
    response = as_olive.client.post("/api/events/", b"--y", content_type="multipart/form-data")
    assert (response.status_code, refusal(response.json())) == (400, ("parse_error",))


def test_full_disk_is_503_and_creates_no_event(
    as_olive: Api, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill_up(*args: Any, **kwargs: Any) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "save", fill_up)
    assert refusal(create(as_olive, 503, banner=file())) == ("storage_unavailable",)
    assert not Event.objects.exists()
