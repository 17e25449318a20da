"""A temporary folder with processes, which end together."""

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
    """Store the signal: an exception here could come between a fork and storing its pid."""
    caught_signals.append(signum)


def say(*lines: str) -> None:
    """Print to stderr, because a program can read CMD's stdout."""
    print("servers:", "\n".join(lines), file=sys.stderr, flush=True)


def free_ports(count: int) -> list[int]:
    """Return different free ports. Another process can take one before it is used."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for sock in sockets:
            sock.bind(("127.0.0.1", 0))
        return [sock.getsockname()[1] for sock in sockets]


def answers(port: int, hello: bytes, answer: bytes) -> bool:
    """Send `hello` to the port, and return whether `answer` is in the response."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(hello)
            response = b""
            while answer not in response:
                chunk = connection.recv(4096)
                if not chunk:
                    return False
                response += chunk
    except OSError:  # refused, reset or silent: not ready yet
        return False
    return True


@dataclass(eq=False)
class Child:
    """A started process that can be started again."""

    name: str
    popen: Callable[[], subprocess.Popen[bytes]]
    stop: signal.Signals
    process: subprocess.Popen[bytes]

    @property
    def runs(self) -> bool:
        return self.process.poll() is None

    def send(self, signum: signal.Signals) -> None:
        """Signal the process and its children, except those in sessions of their own."""
        if self.runs:
            os.killpg(self.process.pid, signum)

    def kill(self) -> None:
        """Kill it like a power cut: no handler runs."""
        self.send(signal.SIGKILL)
        self.process.wait()


class Box:
    """A temporary folder and the processes in it."""

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
        """Start a process in its own session, so that Ctrl-C goes to CMD and not to the servers.

        Environment variables for other servers are removed.
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
        """Start a process again after it ended, with the same command, port, folder and log."""
        assert not child.runs, f"{child.name} still runs"
        child.process = child.popen()

    def wait(self, child: Child, port: int, hello: bytes = b"", answer: bytes = b"") -> None:
        deadline = time.monotonic() + READY_WITHIN
        while not answers(port, hello, answer):
            if caught_signals:
                sys.exit(128 + caught_signals[0])
            ended, late = not child.runs, time.monotonic() > deadline
            if ended or late:
                why = f"exited with {child.process.returncode}" if ended else "does not respond"
                log = (self.root / f"{child.name}.log").read_text(errors="replace")
                say(f"{child.name} {why}; the end of its log:", *log.splitlines()[-30:])
                sys.exit(1)
            time.sleep(0.05)

    def stop(self) -> None:
        running = [child for child in self.children if child.runs]
        for child in running:
            child.send(child.stop)
            child.send(signal.SIGCONT)  # a frozen process receives no other signal
        for child in running:
            try:
                child.process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                say(f"{child.name} did not stop after a signal, killing it")
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
