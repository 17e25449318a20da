"""Logs are JSON and hide secrets, also in the text of other libraries."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from django.conf import settings

from config.logs import hide_tokens
from tests.concurrency.server import Server

# Needs no server.
pytestmark = [pytest.mark.embedded, pytest.mark.slow]

KEY = "key-that-nobody-may-see"
URL = f"https://provider.example/events?apikey={KEY}&keyword=jazz"


@pytest.mark.parametrize("part", ["request", "event", "error", "exception"])
@pytest.mark.parametrize("name", ["apikey", "client_id", "client_secret", "ApiKey"])
def test_provider_key_is_hidden(name: str, part: str) -> None:
    line = {part: f"GET /events?{name}={KEY}&keyword=jazz", "status": 200}
    hidden = {part: f"GET /events?{name}=…&keyword=jazz", "status": 200}
    assert hide_tokens(None, "info", line) == hidden


def logged(code: str, log_format: str) -> str:
    """Run the code in a new process; return its log at the lowest level."""
    start = "import logging; import django; django.setup()\n"
    finished = subprocess.run(
        [sys.executable, "-c", start + code],
        cwd=settings.BASE_DIR,
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "LOG_LEVEL": "DEBUG",
            "LOG_FORMAT": log_format,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return finished.stderr


@pytest.mark.parametrize("log_format", ["console", "json"])
class TestLines:
    def test_traceback_hides_the_key(self, log_format: str) -> None:
        code = (
            "try: raise ValueError('Max retries exceeded with url: ' + "
            f"'/events?apikey=' + {KEY!r})\n"
            "except ValueError: logging.getLogger('django.request').exception('crashed')"
        )
        output = logged(code, log_format)
        assert ("with url: /events?apikey=" in output, f"={KEY}" in output) == (True, False)

    def test_message_of_another_library_hides_the_key(self, log_format: str) -> None:
        output = logged(f"logging.getLogger('library').warning('GET %s', {URL!r})", log_format)
        assert ("&keyword=jazz" in output, KEY in output) == (True, False)

    def test_urllib3_logs_no_requests(self, log_format: str) -> None:
        """The filter covers text only; log collectors may also store the arguments."""
        code = f"logging.getLogger('urllib3.connectionpool').warning('%s', {URL!r})"
        assert "provider.example" not in logged(code, log_format)


@pytest.mark.django_db
def test_server_logs_only_json_with_durations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """3% of the lines were plain text: those of gunicorn and of warnings."""
    monkeypatch.setenv("LOG_FORMAT", "json")
    monkeypatch.setenv("LOG_LEVEL", "INFO")
    server = Server(tmp_path / "server.log")
    try:
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{server.url}/api/nothing/")
    finally:
        server.stop()
    lines = [json.loads(line) for line in server.log.read_text().splitlines()]
    assert "Starting gunicorn" in lines[0]["event"]
    (request,) = (line for line in lines if line.get("request") == "GET /api/nothing/")
    assert (request["code"], request["duration_ms"] > 0) == (404, True)


def test_warning_is_a_line_of_json() -> None:
    output = logged("import warnings; warnings.warn('old')", "json")
    assert "old" in json.loads(output.splitlines()[-1])["event"]
