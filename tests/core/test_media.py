"""`/media/` serves uploaded pictures, and no other file on the disk."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

pytestmark = pytest.mark.embedded  # needs no server

KEY = "abcDEF0123456789-_abcd"
NAME = f"profile-pictures/{KEY}/512.webp"
BANNER = f"event-banners/{KEY}/1600.webp"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    for name in (NAME, BANNER):
        path = tmp_path / "media" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(b"a picture")
    for other in ("secret.txt", "media/secret.webp", f"media/profile-pictures/{KEY}/512.html"):
        (tmp_path / other).write_bytes(b"a secret")
    return tmp_path / "media"


@pytest.mark.parametrize("name", [NAME, BANNER])
def test_picture_is_served_as_an_immutable_image(client: Client, name: str) -> None:
    response = client.get(f"/media/{name}")
    assert (response.status_code, response.content) == (200, b"a picture")
    headers = {name: response.headers.get(name) for name in (
        "Content-Type", "Content-Length", "Cache-Control", "Content-Security-Policy",
        "X-Content-Type-Options", "Set-Cookie",
    )}  # fmt: skip
    assert headers == {
        "Content-Type": "image/webp",
        "Content-Length": "9",
        "Cache-Control": "public, max-age=31536000, immutable",
        "Content-Security-Policy": "default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Set-Cookie": None,
    }


def test_head_has_no_body(client: Client) -> None:
    response = client.head(f"/media/{NAME}")
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_writing_is_not_allowed(client: Client, method: str) -> None:
    assert getattr(client, method)(f"/media/{NAME}").status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "",
        "profile-pictures/",
        f"profile-pictures/{KEY}/",
        f"profile-pictures/{KEY}/512.html",
        f"profile-pictures/{KEY}/64.webp",
        f"event-banners/{KEY}/large.webp",
        f"event-banners/{KEY}/16000.webp",
        f"others/{KEY}/1600.webp",
        f"profile-pictures/{'a' * 22}/512.webp",
        f"profile-pictures/{KEY}x/512.webp",
        "secret.webp",
        "../secret.txt",
        "..%2fsecret.txt",
        "%2e%2e/secret.txt",
        "%2e%2e%2fsecret.txt",
        "..%5csecret.txt",
        f"profile-pictures/{KEY}/../../../secret.txt",
        f"profile-pictures/{KEY}/..%2f..%2f..%2fsecret.txt",
        "//etc/passwd",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "file:///etc/passwd",
        f"{NAME}%00",
        f"{NAME}%00.txt",
        f"%00{NAME}",
        f"{NAME}%0a",
        f"{NAME}/",
        f"/{NAME}",
        f"./{NAME}",
        f"{NAME}%20",
        NAME.upper(),
        NAME.replace("512", "%EF%BC%95%EF%BC%91%EF%BC%92"),
        NAME.replace("512", "0512"),
    ],
)
def test_other_paths_are_404(client: Client, path: str) -> None:
    response = client.get(f"/media/{path}")
    assert response.status_code == 404
    assert b"secret" not in response.content.replace(b"secret.", b"")


def test_files_in_an_object_store_are_not_served(client: Client, settings: Any) -> None:
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    }
    assert client.get(f"/media/{NAME}").status_code == 404
