"""`/swagger.json` is made once per process and sent from memory."""

import gzip
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import pytest
from django.test import Client

from core.api import document

# Needs no server.
pytestmark = [pytest.mark.embedded, pytest.mark.slow]


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Forget the document and record each build, without the work of building."""
    made: list[str] = []
    is_second = Event()

    def record(format: str) -> document._Document:
        made.append(format)
        # Long enough for another request to start a build, if nothing prevents it.
        if len(made) > 1:
            is_second.set()
        is_second.wait(0.2)
        return document._Document(b"{}", gzip.compress(b"{}"), 'W/"x"')

    monkeypatch.setattr(document, "_generate", record)
    document.forget()
    yield made
    document.forget()


def test_document_is_built_once(client: Client, builds: list[str]) -> None:
    """Each build takes 1 to 3 s of CPU: a few requests per second stopped the server."""
    first, second = (client.get("/swagger.json") for _ in range(2))
    assert first.content == second.content
    assert len(builds) == 1


def test_concurrent_requests_build_it_once(builds: list[str]) -> None:
    barrier = Barrier(4)

    def get(_: int) -> bytes:
        barrier.wait()
        return Client().get("/swagger.json").content

    with ThreadPoolExecutor(4) as threads:
        bodies = set(threads.map(get, range(4)))
    assert (len(bodies), len(builds)) == (1, 1)


def test_document_is_rebuilt_after_settings_change(
    client: Client, builds: list[str], settings: Any
) -> None:
    client.get("/swagger.json")
    settings.ORGANIZER_SELF_SIGNUP = False
    client.get("/swagger.json")
    assert len(builds) == 2


def test_host_of_the_first_request_is_not_kept(client: Client) -> None:
    """Otherwise all later readers would send their requests to that host."""
    document = client.get("/swagger.json").json()
    assert not {"host", "schemes"} & document.keys()
    assert document["basePath"] == "/api"


def test_known_etag_gets_304(client: Client) -> None:
    etag = client.get("/swagger.json").headers["ETag"]
    again = client.get("/swagger.json", headers={"if-none-match": etag})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)


def test_document_is_compressed_for_clients_that_accept_gzip(client: Client) -> None:
    zipped = client.get("/swagger.json", headers={"accept-encoding": "gzip, br"})
    plain = client.get("/swagger.json")
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.content) == plain.content
    assert len(zipped.content) < len(plain.content) / 5
    assert zipped.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(("format", "expect"), [("json", 200), ("yaml", 200), ("xml", 404)])
def test_document_has_json_and_yaml_formats(client: Client, format: str, expect: int) -> None:
    assert client.get(f"/swagger.{format}").status_code == expect


def test_post_is_not_allowed(client: Client) -> None:
    assert client.post("/swagger.json").status_code == 405


def test_json_document_has_its_content_type(client: Client) -> None:
    response = client.get("/swagger.json")
    assert response.headers["Content-Type"] == "application/json"
    assert json.loads(response.content)["swagger"] == "2.0"
