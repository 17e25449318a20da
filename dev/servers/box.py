"""A temporary folder, the processes in it, and how they end."""

import os
import pwd
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

READY_WITHIN = 90.0  # RabbitMQ takes 4 to 13 s on an idle machine; CI machines are not idle

STOP_WITHIN = 10.0

caught_signals: list[int] = []


def note_signal(signum: int, _frame: FrameType | None) -> None:
    """Only note it: an exception from here could strike between a fork and keeping its pid."""
    caught_signals.append(signum)


def say(*lines: str) -> None:
    """On stderr: CMD's stdout may be read by a program."""
    print("servers:", "\n".join(lines), file=sys.stderr, flush=True)


def free_ports(count: int) -> list[int]:
    """All open at once, so that they differ. Danger: until used, somebody else can take one."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def answers(port: int, hello: bytes, answer: bytes) -> bool:
    """Says `hello` to the port and looks for `answer` in what comes back."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(hello)
            got = b""
            while answer not in got:
                chunk = connection.recv(4096)
                if not chunk:
                    return False
                got += chunk
    except OSError:  # refused, reset or silent: not ready is what we came to find out
        return False
    return True


@dataclass(eq=False)
class Child:
    """One started process, and what it takes to start it once more."""

    name: str
    popen: Callable[[], subprocess.Popen[bytes]]
    stop: signal.Signals
    process: subprocess.Popen[bytes]

    @property
    def runs(self) -> bool:
        return self.process.poll() is None

    def send(self, signum: signal.Signals) -> None:
        """To it and to all that it started, unless they made sessions of their own."""
        if self.runs:
            os.killpg(self.process.pid, signum)

    def kill(self) -> None:
        """As a power cut does: no handler runs."""
        self.send(signal.SIGKILL)
        self.process.wait()


class Box:
    """A temporary folder and the processes that live in it."""

    def __init__(self, root: Path, ports: int) -> None:
        self.root = root
        self.children: list[Child] = []
        self.ports = free_ports(ports)
        # PostgreSQL refuses to run as root.
        users = {user.pw_name: user for user in pwd.getpwall()} if os.geteuid() == 0 else {}
        self.unprivileged = users.get("postgres", users.get("nobody"))

    def home(self, name: str, owner: pwd.struct_passwd | None = None) -> Path:
        home = self.root / name
        home.mkdir(mode=0o700)
        if owner:
            os.chown(home, owner.pw_uid, owner.pw_gid)
        return home

    def spawn(
        self,
        home: Path,
        command: Sequence[str],
        stop: signal.Signals,
        env: Mapping[str, str] | None = None,
        user: pwd.struct_passwd | None = None,
    ) -> Child:
        """In a session of its own: a terminal's Ctrl-C is for CMD, which may still need servers.

        Settings that the developer's shell has for other servers stay outside.
        """
        foreign = ("PG", "RABBITMQ_", "ERL_", "NOTIFY_SOCKET")
        clean = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}

        def popen() -> subprocess.Popen[bytes]:
            with home.with_suffix(".log").open("ab") as log:
                return subprocess.Popen(
                    command,
                    cwd=home,
                    env={**clean, "LC_ALL": "C", "HOME": str(home), **(env or {})},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    user=user.pw_uid if user else None,
                    group=user.pw_gid if user else None,
                    extra_groups=[] if user else None,
                )

        self.children.append(Child(home.name, popen, stop, popen()))
        return self.children[-1]

    def respawn(self, child: Child) -> None:
        """Once more after it ended: the same command, port, folder and log."""
        assert not child.runs, f"{child.name} still runs"
        child.process = child.popen()

    def wait(self, child: Child, port: int, hello: bytes = b"", answer: bytes = b"") -> None:
        deadline = time.monotonic() + READY_WITHIN
        while not answers(port, hello, answer):
            if caught_signals:
                sys.exit(128 + caught_signals[0])
            ended, late = not child.runs, time.monotonic() > deadline
            if ended or late:
                why = f"exited with {child.process.returncode}" if ended else "gives no answer"
                log = (self.root / f"{child.name}.log").read_text(errors="replace")
                say(f"{child.name} {why}; the end of its log:", *log.splitlines()[-30:])
                sys.exit(1)
            time.sleep(0.05)

    def stop(self) -> None:
        running = [child for child in self.children if child.runs]
        for child in running:
            child.send(child.stop)
            child.send(signal.SIGCONT)  # who is frozen hears nothing else
        for child in running:
            try:
                child.process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                say(f"{child.name} did not stop when asked to, killing it")
                child.kill()


@contextmanager
def open_box(ports: int) -> Iterator[Box]:
    with tempfile.TemporaryDirectory(prefix="test-servers-") as name:
        root = Path(name).resolve()
        box = Box(root, ports)
        if box.unprivileged:
            root.chmod(0o711)
            closed = [path for path in root.parents if not path.stat().st_mode & stat.S_IXOTH]
            if closed:
                say(f"PostgreSQL's user cannot enter {closed[0]}: set TMPDIR to another folder")
                sys.exit(1)
        try:
            yield box
        finally:
            box.stop()
