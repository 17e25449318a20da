"""What the environment may say, and what the start refuses."""

import os
import subprocess
import sys

import pytest
from django.conf import settings


def start(**env: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME")}
    return subprocess.run(
        [sys.executable, "-c", "import config.settings as s; print(s.HTTPS, s.RATE_LIMITS)"],
        cwd=settings.BASE_DIR,
        env=clean | env,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("env", "complaint"),
    [
        ({"SECRET_KEY": "", "DEBUG": "off"}, "Set SECRET_KEY"),
        ({"SECRET_KEY": "x" * 50, "THROTTLE_LOGIN": "often"}, "THROTTLE_LOGIN='often' is no rate"),
        ({"SECRET_KEY": "x" * 50, "THROTTLE_LOGIN": "0/min"}, "THROTTLE_LOGIN='0/min' is no rate"),
    ],
)
def test_start_says_what_is_missing(env: dict[str, str], complaint: str) -> None:
    started = start(**env)
    assert started.returncode == 1
    assert complaint in started.stderr


def test_production_is_https_with_limits_unless_told_otherwise() -> None:
    assert start(SECRET_KEY="x" * 50, DEBUG="off").stdout.split() == ["True", "True"]


def test_debug_needs_no_key_and_no_https() -> None:
    assert start(DEBUG="on", SECRET_KEY="").stdout.split() == ["False", "True"]


def test_manage_py_test_runs_pytest() -> None:
    from tests.runner import PytestRunner

    assert PytestRunner(verbosity=1).run_tests(["tests/config/test_health.py", "-k", "live"]) == 0
