"""The product as users run it: gunicorn in its own process, on the test's database."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from benchmarks.product.machine import children_of

READY_WITHIN_S = 30
# sd_listen_fds(3): the socket is file descriptor 3.
AS_SYSTEMD = """
import os, sys
fd, *command = sys.argv[1:]
os.dup2(int(fd), 3)
os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
os.execv(command[0], command)
"""


class Server:
    """A server on a free port of loopback, until `stop` or `kill`.

    It gets `listener`, a socket that stays open between its starts, in the way of systemd.
    """

    app = "config.wsgi"

    def __init__(self, log: Path, listener: socket.socket | None = None, /, **env: str) -> None:
        self.log = log
        self.env = env
        self.listener = listener
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = (listener or free).getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        env = os.environ | {
            "DATABASE_URL": _database_url(),
            "REDIS_URL": settings.REDIS_URL,
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            **self.env,
        }
        command = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py", self.app]
        inherited = [self.listener.fileno()] if self.listener else []
        for fd in inherited:
            command = [sys.executable, "-c", AS_SYSTEMD, str(fd), *command]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                pass_fds=inherited,
                cwd=settings.BASE_DIR,
                env=env,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + READY_WITHIN_S
        while not self._is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()  # otherwise it would keep the files of the test's database open
                raise AssertionError(self.log.read_text())
            time.sleep(0.1)

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health/ready/", timeout=2) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def kill(self) -> None:
        """End it like a power cut: no signal handler runs."""
        os.killpg(self.process.pid, 9)
        self.process.wait()

    def kill_workers(self) -> None:
        """Kill its processes but the first, which starts new ones at once."""
        with suppress(FileNotFoundError, ProcessLookupError):  # it is dead itself
            for pid in children_of(self.process.pid):
                os.kill(pid, 9)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)


def _database_url() -> str:
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(os.environ["TEST_DATABASE_URL"])._replace(path=f"/{name}").geturl()
