"""Settings from the environment, and mistakes that stop the start."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

# Needs no server.
pytestmark = [pytest.mark.embedded, pytest.mark.slow]

SHOWN = "import config.settings as s; print(s.HTTPS, s.RATE_LIMITS)"


def start(code: str = SHOWN, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME")}
    return subprocess.run(
        [sys.executable, "-c", code],
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
        ({"SECRET_KEY": "x" * 31}, "Set SECRET_KEY to 32 random characters or more"),
        (
            {"SECRET_KEY": "x" * 50, "ENCRYPTION_KEYS": "short," + "x" * 50},
            "Set the first of ENCRYPTION_KEYS to 32 random characters or more",
        ),
        ({"SECRET_KEY": "x" * 50, "HSTS_PRELOAD": "on"}, "HSTS_PRELOAD needs HSTS_INCLUDE"),
        ({"SECRET_KEY": "x" * 50, "THROTTLE_LOGIN": "often"}, "'often' is not a rate"),
        ({"SECRET_KEY": "x" * 50, "THROTTLE_LOGIN": "0/min"}, "'0/min' is not a rate"),
        (
            {"SECRET_KEY": "x" * 50, "MAIL_LIMIT_RESET": "3"},
            "MAIL_LIMIT_RESET='3' is not a rate",
        ),
        (
            {"SECRET_KEY": "x" * 50, "SMS_COUNTRIES": "Germany"},
            "SMS_COUNTRIES must be codes of two letters",
        ),
        (
            {"SECRET_KEY": "x" * 50, "STORAGE_URL": "pictures"},
            "STORAGE_URL='pictures' is not a bucket",
        ),
        (
            {"SECRET_KEY": "x" * 50, "REVIEW_REQUEST_AFTER_MINUTES": "2880"},
            "REVIEW_REQUEST_AFTER_MINUTES must be from 0 to 2879",
        ),
    ],
)
def test_start_names_the_mistake(env: dict[str, str], complaint: str) -> None:
    started = start(**env)
    assert started.returncode == 1
    assert complaint in started.stderr


def test_production_defaults_to_https_and_limits() -> None:
    assert start(SECRET_KEY="x" * 50, DEBUG="off").stdout.split() == ["True", "True"]


@pytest.mark.parametrize(
    ("env", "header"),
    [
        pytest.param({}, "max-age=31536000", id="this host alone"),
        pytest.param(
            {"HSTS_INCLUDE_SUBDOMAINS": "on"},
            "max-age=31536000; includeSubDomains",
            id="with its subdomains",
        ),
        pytest.param(
            {"HSTS_INCLUDE_SUBDOMAINS": "on", "HSTS_PRELOAD": "on"},
            "max-age=31536000; includeSubDomains; preload",
            id="in the preload list",
        ),
    ],
)
def test_hsts_covers_only_this_host_by_default(env: dict[str, str], header: str) -> None:
    code = (
        "import django; django.setup(); from django.test import Client\n"
        "print(Client().get('/health/live/', secure=True).headers['Strict-Transport-Security'])"
    )
    production = {"DJANGO_SETTINGS_MODULE": "config.settings", "SECRET_KEY": "x" * 50}
    process = start(code, ALLOWED_HOSTS="testserver", **production, **env)
    assert process.stdout.strip() == header


def test_former_secret_keys_are_fallbacks() -> None:
    code = "import config.settings as s; print(s.ENCRYPTION_KEYS, len(s.JWT_FALLBACK_KEYS[1]))"
    shown = start(code, SECRET_KEY="n" * 50, SECRET_KEY_FALLBACKS="old,older")
    assert shown.stdout.strip() == f"{['n' * 50, 'old', 'older']} 64"


def test_debug_needs_neither_key_nor_https() -> None:
    assert start(DEBUG="on", SECRET_KEY="").stdout.split() == ["False", "True"]


@pytest.mark.parametrize(("url", "is_loaded"), [("", "False"), ("s3://pictures", "True")])
def test_boto3_is_loaded_only_for_a_bucket(url: str, is_loaded: str) -> None:
    code = "import django, sys; django.setup(); print('botocore' in sys.modules)"
    env = {"DJANGO_SETTINGS_MODULE": "config.settings", "DEBUG": "on", "STORAGE_URL": url}
    assert start(code, **env).stdout.split() == [is_loaded]


def test_manage_py_test_runs_pytest() -> None:
    from tests.runner import PytestRunner

    assert PytestRunner(verbosity=1).run_tests(["tests/test_ids.py", "-n0"]) == 0
