"""`make run` is the only command that writes the .env file."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

# Needs no server.
pytestmark = [pytest.mark.embedded, pytest.mark.slow]

KEY = r"SECRET_KEY=[\w-]{67}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a checkout with only the script and an interpreter."""
    (tmp_path / "dev").mkdir()
    script = tmp_path / "dev/env.sh"
    script.write_bytes((settings.BASE_DIR / "dev/env.sh").read_bytes())
    script.chmod(0o755)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").symlink_to(sys.executable)
    return tmp_path


def write(folder: Path, **env: str) -> list[str]:
    """Run the script; return the lines of .env."""
    clean = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME")}
    subprocess.run(["dev/env.sh"], cwd=folder, env=clean | env, check=True, capture_output=True)
    assert sorted(path.name for path in folder.iterdir()) in (
        [".env", ".venv", "dev"],
        [".venv", "dev"],
    )
    file = folder / ".env"
    return file.read_text().splitlines() if file.exists() else []


def matches(lines: list[str], *patterns: str) -> bool:
    pairs = zip(lines, patterns, strict=True)
    return all(re.fullmatch(pattern, line) for line, pattern in pairs)


class TestMissingKey:
    def test_first_run_writes_a_key_and_debug(self, folder: Path) -> None:
        assert matches(write(folder), "DEBUG=on", KEY)

    def test_second_run_changes_nothing(self, folder: Path) -> None:
        assert write(folder) == write(folder)

    def test_only_the_owner_can_read_the_file(self, folder: Path) -> None:
        write(folder)
        assert (folder / ".env").stat().st_mode & 0o777 == 0o600

    def test_debug_stays_off_beside_a_database(self, folder: Path) -> None:
        assert matches(write(folder, DATABASE_URL="postgres://db/booking"), KEY)

    def test_debug_stays_off_beside_a_database_in_the_file(self, folder: Path) -> None:
        (folder / ".env").write_text("DATABASE_URL=postgres://db/booking")
        assert matches(write(folder), "DATABASE_URL=.*", KEY)

    def test_debug_setting_is_kept(self, folder: Path) -> None:
        (folder / ".env").write_text("DEBUG=off\n# SECRET_KEY=commented\nSECRET_KEY=\nPORT=9000\n")
        lines = write(folder)
        assert matches(lines, "DEBUG=off", "# SECRET_KEY=commented", "PORT=9000", KEY)


class TestExistingKey:
    """DEBUG is never turned on: the server may run in production."""

    def test_key_in_the_environment_writes_nothing(self, folder: Path) -> None:
        assert write(folder, SECRET_KEY="x" * 50) == []

    def test_key_in_the_file_changes_nothing(self, folder: Path) -> None:
        (folder / ".env").write_text("export SECRET_KEY=abc\n")
        assert write(folder) == ["export SECRET_KEY=abc"]


@pytest.mark.parametrize("target", ["worker", "beat"])
def test_worker_and_beat_write_no_env_file(target: str) -> None:
    """Both run beside a configured server: DEBUG=on in .env would change its settings too."""
    recipe = subprocess.run(
        ["make", "--dry-run", target], cwd=settings.BASE_DIR, capture_output=True, text=True
    )
    assert "dev/broker.sh" in recipe.stdout
    assert "env.sh" not in recipe.stdout


@pytest.mark.parametrize(
    ("env", "advice"),
    [
        pytest.param({"DEBUG": "on"}, "Set CELERY_BROKER_URL=", id="no broker"),
        pytest.param({"DEBUG": "off", "SECRET_KEY": ""}, "Set SECRET_KEY", id="no key"),
    ],
)
def test_worker_names_missing_settings(env: dict[str, str], advice: str) -> None:
    clean = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME")}
    stopped = subprocess.run(
        ["dev/broker.sh"],
        cwd=settings.BASE_DIR,
        env=clean | {"CELERY_BROKER_URL": ""} | env,
        capture_output=True,
        text=True,
    )
    assert stopped.returncode == 1
    assert stopped.stderr.startswith(advice)
    assert stopped.stderr.count("\n") == 1
