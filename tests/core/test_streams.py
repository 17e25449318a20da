"""Clients of HTTP/1.0 and HTTP/1.1 detect a file that fails in the middle."""

import gc
import http.client
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from threading import BoundedSemaphore
from typing import Any

import pytest
from django.conf import settings

from core import csv_files
from core.csv_files import csv_file
from core.errors import Busy
from tests.standins.broken import ROWS

pytestmark = [pytest.mark.embedded, pytest.mark.xdist_group("server"), pytest.mark.slow]

HEADERS = {"Accept-Encoding": "gzip"}


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        command = [
            *(sys.executable, "-m", "gunicorn", "--bind", f"fd://{listener.fileno()}"),
            *("--worker-class", "config.worker.Worker", "--threads", "2"),
            *("--no-control-socket", "tests.standins.broken"),
        ]
        gunicorn = subprocess.Popen(
            command,
            cwd=settings.BASE_DIR,
            env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"},
            pass_fds=[listener.fileno()],
        )
    yield port  # connections wait until gunicorn has started
    gunicorn.terminate()
    gunicorn.wait(30)


def body_of(port: int, path: str, version: str) -> bytes:
    """Return the body of a response; raise if it is incomplete for a client."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection._http_vsn_str = version  # type: ignore[attr-defined]
    with closing(connection):
        connection.request("GET", path, headers=HEADERS)
        response = connection.getresponse()
        assert response.status == 200
        return response.read()


BROKEN = (http.client.IncompleteRead, ConnectionResetError)


@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/1.1"])
@pytest.mark.parametrize("path", ["/broken", "/compressed"])
def test_broken_file_is_detected(port: int, path: str, version: str) -> None:
    """With HTTP/1.0, nginx's default towards servers, the file looked complete."""
    with pytest.raises(BROKEN):
        body_of(port, path, version)


@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/1.1"])
def test_complete_file_is_accepted(port: int, version: str) -> None:
    for _ in range(3):  # also right after a broken file
        assert body_of(port, "/whole", version).count(b"\r\n") == 1 + ROWS


def test_control_unwatched_file_looks_complete(port: int) -> None:
    assert body_of(port, "/unwatched", "HTTP/1.0").count(b"\r\n") == 1 + ROWS


@pytest.mark.django_db
class TestSlots:
    """Files are limited to some slots, so that they do not occupy all threads."""

    @pytest.fixture(autouse=True)
    def _one_slot(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(csv_files, "_slots", BoundedSemaphore(1))

    def file(self) -> Any:
        return csv_file(["a"], [["b"]], name="a")

    def test_file_without_a_free_slot_is_refused(self) -> None:
        file = self.file()
        with pytest.raises(Busy):
            self.file()
        file.close()

    def test_closed_file_frees_its_slot(self) -> None:
        for _ in range(3):
            file = self.file()
            assert file.getvalue() == b"\xef\xbb\xbfa\r\nb\r\n"
            file.close()

    def test_forgotten_file_frees_its_slot(self) -> None:
        self.file()
        gc.collect()
        self.file().close()
