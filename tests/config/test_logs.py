"""What the log does not say, whosever text it is in."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

from config.logs import hide_tokens

pytestmark = pytest.mark.embedded  # no server of ours takes part

KEY = "key-that-nobody-may-see"
URL = f"https://provider.example/events?apikey={KEY}&keyword=jazz"


@pytest.mark.parametrize("part", ["request", "event", "error", "exception"])
@pytest.mark.parametrize("name", ["apikey", "client_id", "client_secret", "ApiKey"])
def test_key_of_a_provider_is_hidden(name: str, part: str) -> None:
    line = {part: f"GET /events?{name}={KEY}&keyword=jazz", "status": 200}
    hidden = {part: f"GET /events?{name}=…&keyword=jazz", "status": 200}
    assert hide_tokens(None, "info", line) == hidden


def logged(code: str, log_format: str) -> str:
    """What the product writes to its log at the lowest level."""
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
        told = logged(code, log_format)
        assert ("with url: /events?apikey=" in told, f"={KEY}" in told) == (True, False)

    def test_text_of_another_library_hides_the_key(self, log_format: str) -> None:
        told = logged(f"logging.getLogger('library').warning('GET %s', {URL!r})", log_format)
        assert ("&keyword=jazz" in told, KEY in told) == (True, False)

    def test_urllib3_says_nothing_of_what_it_asks(self, log_format: str) -> None:
        """A filter sees texts alone; who collects the log may read the arguments beside."""
        code = f"logging.getLogger('urllib3.connectionpool').warning('%s', {URL!r})"
        assert "provider.example" not in logged(code, log_format)
