"""Uploads to an S3 bucket: the real boto3 against a server on loopback."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from io import BytesIO
from typing import Any
from urllib.request import urlopen

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import default_storage
from PIL import Image

from accounts.models import User
from config.settings import object_store
from core.images import folders
from core.images.folders import PictureFolder
from events.models import Event
from tests.client import Api, refusal
from tests.events.bannered import change, create, with_banner
from tests.standins import bucket as standin
from tests.standins.bucket import Bucket
from tests.uploads import file

pytestmark = [pytest.mark.embedded, pytest.mark.slow]


def use(
    settings: Any, endpoint: str, url: str = "s3://pictures", media_url: str = "media/"
) -> None:
    storage = object_store.s3(url, endpoint=endpoint, region="eu-central-1", media_url=media_url)
    settings.STORAGES = settings.STORAGES | {"default": storage}


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in standin.KEYS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def server() -> Iterator[Bucket]:
    with standin.bucket() as bucket:
        yield bucket


@pytest.fixture
def bucket(server: Bucket, settings: Any) -> Iterator[Bucket]:
    use(settings, server.endpoint)
    yield server
    server.empty()


class Frozen:
    """A store that accepts connections and never responds."""

    def __init__(self, listening: socket.socket) -> None:
        self.listening = listening
        self.endpoint = f"http://127.0.0.1:{listening.getsockname()[1]}"

    def connections(self) -> int:
        self.listening.setblocking(False)
        count = 0
        with suppress(BlockingIOError):
            while True:
                self.listening.accept()[0].close()
                count += 1
        return count


@pytest.fixture
def frozen(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Frozen]:
    monkeypatch.setattr(object_store, "TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0), backlog=50) as listening:
        store = Frozen(listening)
        use(settings, store.endpoint)
        yield store


def names(key: str) -> list[str]:
    return [f"event-banners/{key}/{width}.webp" for width in (1600, 400, 800)]


def test_banner_is_read_from_the_bucket(as_olive: Api, bucket: Bucket) -> None:
    shown = create(as_olive, banner=file())["banner"]
    key = Event.objects.get().banner
    assert bucket.names() == names(key)
    assert shown["large"] == f"{bucket.endpoint}/pictures/event-banners/{key}/1600.webp"
    with urlopen(shown["large"]) as response:
        headers = {name: response.headers[name] for name in ("Content-Type", "Cache-Control")}
        with Image.open(BytesIO(response.read())) as image:
            assert (image.format, image.size) == ("WEBP", (1600, 800))
    assert headers == {
        "Content-Type": "image/webp",
        "Cache-Control": "public, max-age=31536000, immutable",
    }


def test_profile_picture_is_read_from_the_bucket(as_ada: Api, bucket: Bucket) -> None:
    form = {"profile_picture": file()}
    shown = as_ada.client.patch("/api/users/profile/", form, format="multipart").json()
    with (
        urlopen(shown["profile_picture"]) as response,
        Image.open(BytesIO(response.read())) as image,
    ):
        assert (image.format, image.size) == ("WEBP", (512, 512))


def test_new_banner_deletes_the_old_objects(as_olive: Api, event: Event, bucket: Bucket) -> None:
    with_banner(event)
    change(as_olive, event, banner=file())
    event.refresh_from_db()
    assert bucket.names() == names(event.banner)


def test_removed_banner_leaves_no_object(as_olive: Api, event: Event, bucket: Bucket) -> None:
    with_banner(event)
    assert change(as_olive, event, banner="")["banner"] is None
    assert bucket.names() == []


def test_refused_event_leaves_no_object(as_olive: Api, bucket: Bucket) -> None:
    create(as_olive, 400, banner=file(), start_time="2020-01-01T10:00:00Z")
    assert bucket.names() == []


def test_prefix_is_part_of_the_path(
    as_olive: Api, server: Bucket, bucket: Bucket, settings: Any
) -> None:
    use(settings, server.endpoint, "s3://pictures/booking/live/")
    shown = create(as_olive, banner=file())["banner"]
    key = Event.objects.get().banner
    assert bucket.names() == [f"booking/live/{name}" for name in names(key)]
    with urlopen(shown["small"]) as response:
        assert response.status == 200


def test_sweep_deletes_files_of_no_row(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    cats = PictureFolder("cats", (64, 32))
    made = {64: b"large", 32: b"small"}
    with cats.stored(made) as shown, cats.stored(made):
        pass
    assert cats.sweep(known={shown}.intersection) == 0
    monkeypatch.setattr(folders, "ORPHANED_AFTER", timedelta(seconds=-5))
    assert cats.sweep(known={shown}.intersection) == 1
    assert bucket.names() == [f"cats/{shown}/{size}.webp" for size in (32, 64)]


def test_unreachable_store_is_503_and_creates_no_event(
    as_olive: Api, settings: Any, nowhere: str
) -> None:
    use(settings, f"http://{nowhere}")
    assert refusal(create(as_olive, 503, banner=file())) == ("storage_unavailable",)
    assert not Event.objects.exists()


def test_unreachable_store_changes_no_profile(
    as_ada: Api, ada: User, settings: Any, nowhere: str
) -> None:
    use(settings, f"http://{nowhere}")
    form = {"profile_picture": file(), "bio": "Climbs."}
    response = as_ada.client.patch("/api/users/profile/", form, format="multipart")
    assert (response.status_code, refusal(response.json())) == (503, ("storage_unavailable",))
    assert response.headers["Retry-After"] == "2"
    ada.refresh_from_db()
    assert (ada.picture_key, ada.bio) == ("", "")


def test_frozen_store_gets_four_attempts(as_olive: Api, frozen: Frozen) -> None:
    """The write and the deletion are each tried twice before the error."""
    assert refusal(create(as_olive, 503, banner=file())) == ("storage_unavailable",)
    assert frozen.connections() == 4
    assert not Event.objects.exists()


def test_frozen_store_does_not_prevent_a_removal(
    as_olive: Api, event: Event, frozen: Frozen
) -> None:
    Event.objects.filter(pk=event.pk).update(banner="a-key")
    assert change(as_olive, event, banner="")["banner"] is None
    assert frozen.connections() == 2


def test_events_are_read_without_the_store(as_ada: Api, event: Event, frozen: Frozen) -> None:
    Event.objects.filter(pk=event.pk).update(banner="a-key")
    shown = as_ada.get(f"/events/{event.pk}/")["banner"]
    assert shown["small"] == f"{frozen.endpoint}/pictures/event-banners/a-key/400.webp"
    assert frozen.connections() == 0


@pytest.mark.parametrize(
    ("url", "endpoint", "media_url", "address"),
    [
        ("s3://pictures", "", "media/", "https://pictures.s3.eu-central-1.amazonaws.com/a"),
        ("s3://pictures/p", "", "media/", "https://pictures.s3.eu-central-1.amazonaws.com/p/a"),
        ("s3://my.pics", "", "media/", "https://s3.eu-central-1.amazonaws.com/my.pics/a"),
        ("s3://pictures", "http://minio:9000/", "media/", "http://minio:9000/pictures/a"),
        ("s3://pictures", "", "https://cdn.example.com/", "https://cdn.example.com/a"),
        ("s3://pictures/p", "http://minio:9000", "https://cdn.example.com/x",
         "https://cdn.example.com/x/p/a"),
    ],
    ids=["aws", "folder", "dots", "endpoint", "media", "folder and endpoint and media"],
)  # fmt: skip
def test_url_follows_the_settings(
    settings: Any, url: str, endpoint: str, media_url: str, address: str
) -> None:
    use(settings, endpoint, url, media_url)
    assert default_storage.url("a") == address


@pytest.mark.parametrize(
    "url",
    [
        "pictures", "s3:pictures", "s3://", "s3:///pictures", "s3://Pictures", "s3://a", "gs://pics",
        "s3://key:secret@pictures", "s3://pictures:9000", "s3://pictures?region=x",
        "s3://pictures#x", "s3://pictures/../other", "s3://pictures//", "https://pictures",
    ],
)  # fmt: skip
def test_invalid_bucket_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="is not a bucket"):
        object_store.s3(url, endpoint="", region="us-east-1", media_url="media/")


@pytest.mark.parametrize("endpoint", ["minio:9000", "minio", "ftp://minio", "http://"])
def test_invalid_endpoint_is_refused(endpoint: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="is not a URL"):
        object_store.s3("s3://pictures", endpoint=endpoint, region="x", media_url="media/")
