"""Where the servers' programs are, on Debian, Ubuntu and macOS."""

import re
import shutil
import subprocess
from pathlib import Path

APPS = ("Chromium", "Google Chrome")
BREW = ("/opt/homebrew", "/usr/local", "/home/linuxbrew/.linuxbrew")


def newest(*patterns: str) -> Path | None:
    """The match with the highest version in its path; BREW stands for each of Homebrew's roots."""
    globs = {pattern.replace("BREW", root).lstrip("/") for pattern in patterns for root in BREW}
    found = [str(path) for each in globs for path in Path("/").glob(each)]
    found.sort(key=lambda path: [int(number) for number in re.findall(r"\d+", path)])
    return Path(found[-1]) if found else None


def on_path(name: str) -> Path | None:
    found = shutil.which(name)
    return Path(found) if found else None


def find_initdb() -> Path | None:
    folders = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "BREW/opt/postgresql@*/bin")
    return newest(*(f"{folder}/initdb" for folder in folders)) or on_path("initdb")


def find_redis() -> Path | None:
    return on_path("redis-server") or newest("BREW/opt/redis/bin/redis-server")


def find_epmd() -> Path | None:
    return on_path("epmd") or newest("/usr/lib*/erlang/erts-*/bin/epmd", "BREW/bin/epmd")


def find_rabbitmq() -> Path | None:
    """Never Debian's on the PATH: that one changes the user, listens to nothing and exits 0."""
    server = "sbin/rabbitmq-server"
    found = newest(f"/usr/lib/rabbitmq/lib/*/{server}", f"BREW/opt/rabbitmq/{server}")
    return found if find_epmd() else None


def find_chromium() -> Path | None:
    """Chrome is as good."""
    found = (on_path(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    apps = [Path(f"/Applications/{app}.app/Contents/MacOS/{app}") for app in APPS]
    return next(filter(None, found), None) or next((app for app in apps if app.exists()), None)


def version(path: Path) -> str:
    """RabbitMQ's is in its folder's name, and asking the program would take seconds."""
    text = str(path.resolve())
    if "rabbitmq" not in text:
        text = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
    found = re.search(r"\d+(\.\d+)+", text)
    return found.group() if found else "of unknown version"
