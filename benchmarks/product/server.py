"""The web server as users run it: gunicorn with its own configuration, on a port of loopback."""

import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Self

from benchmarks.product.client import Connection, request
from benchmarks.product.environment import backends, database_url
from benchmarks.product.machine import children_of
from dev.servers.box import free_ports

ROOT = Path(__file__).parents[2]
READY_WITHIN_S = 60


class Server:
    """Serves inside of the context, with this process's environment and `env`.

    `name` is the name of its connections at PostgreSQL. `database_port` is that of a proxy in front
    of PostgreSQL.
    """

    def __init__(
        self, log: Path, *, name: str = "web", database_port: int | None = None, **env: str
    ) -> None:
        [self.port] = free_ports(1)
        self.log = log
        self._name = name
        self._env = env | {
            "DATABASE_URL": database_url(name, database_port),
            "PORT": str(self.port),
            "PYTHONPATH": str(ROOT),
        }

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py", "config.wsgi"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=os.environ | self._env, stdout=log, stderr=log
            )
        deadline = time.monotonic() + READY_WITHIN_S
        while not self._is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise SystemExit(f"The server did not start:\n{self.log.read_text()[-5000:]}")
            time.sleep(0.1)
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(60)

    def _is_ready(self) -> bool:
        try:
            with closing(Connection(self.port)) as connection:
                return connection.send(request("GET", "/health/ready/")).status == 200
        except OSError:
            return False

    def workers(self) -> list[int]:
        """Return the pids of the processes that respond to requests."""
        return children_of(self.process.pid)

    def backends(self) -> list[int]:
        return backends(self._name)
