"""Private PostgreSQL, Redis and RabbitMQ servers for the test suite.

    python dev/servers.py check               where each server's program comes from
    python dev/servers.py install             install the missing ones
    python dev/servers.py run -- CMD ARGS...  run CMD with servers of its own

Promise: `run` stops what it started and removes its folder, however CMD ends. A server that the
environment already names (TEST_DATABASE_URL, TEST_REDIS_URL, TEST_CELERY_BROKER_URL) is used as
it is; the names start with TEST_ so that no test ever flushes a Redis that somebody needs.
Danger: `kill -9` of this script leaves servers and folder behind.
Exit codes: CMD's own, or 1: a server did not start; 3: a server is missing; 127: there is no CMD;
128+N: signal N came.
"""

import argparse
import os
import pwd
import re
import shutil
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

MISSING = 3
READY_WITHIN = 90.0  # RabbitMQ takes 4 to 13 s on an idle machine; CI machines are not idle
STOP_WITHIN = 10.0
BREW = ("/opt/homebrew", "/usr/local", "/home/linuxbrew/.linuxbrew")
POLICY = Path("/usr/sbin/policy-rc.d")

# `exec`, so that the pid we start is the server's and the one we stop. Where C.UTF-8 is unknown,
# C stores the same text and only sorts it differently. The trap makes sh wait for an interrupted
# initdb, which still removes its files. Without a unix socket the folder's path can be of any
# length. What makes PostgreSQL survive a power cut is off: the data is thrown away.
POSTGRES = """
trap 'exit 130' INT
bin=$1 data=$2 port=$3
init() { "$bin/initdb" -D "$data" -U postgres --auth=trust -E UTF8 --no-sync --locale="$1"; }
init C.UTF-8 || init C || exit 1
exec "$bin/postgres" -D "$data" -p "$port" -c listen_addresses=127.0.0.1 -c max_connections=300 \
    -c unix_socket_directories= -c fsync=off -c synchronous_commit=off -c full_page_writes=off
"""

_signals: list[int] = []


def note_signal(signum: int, _frame: FrameType | None) -> None:
    """Only note it: an exception from here could strike between a fork and keeping its pid."""
    _signals.append(signum)


def say(*lines: str) -> None:
    """On stderr: CMD's stdout may be read by a program."""
    print("servers:", "\n".join(lines), file=sys.stderr, flush=True)


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


def version(path: Path) -> str:
    """RabbitMQ's is in its folder's name, and asking the program would take seconds."""
    text = str(path.resolve())
    if "rabbitmq" not in text:
        text = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
    found = re.search(r"\d+(\.\d+)+", text)
    return found.group() if found else "of unknown version"


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


@dataclass(frozen=True)
class Child:
    name: str
    process: subprocess.Popen[bytes]
    stop: signal.Signals


class Box:
    """A temporary folder and the processes that live in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.children: list[Child] = []
        self.ports = free_ports(len(SERVERS) + 2)  # RabbitMQ takes two more
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
        with home.with_suffix(".log").open("wb") as log:
            process = subprocess.Popen(
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
        self.children.append(Child(home.name, process, stop))
        return self.children[-1]

    def wait(self, child: Child, port: int, hello: bytes = b"", answer: bytes = b"") -> None:
        deadline = time.monotonic() + READY_WITHIN
        while not answers(port, hello, answer):
            if _signals:
                sys.exit(128 + _signals[0])
            ended, late = child.process.poll() is not None, time.monotonic() > deadline
            if ended or late:
                why = f"exited with {child.process.returncode}" if ended else "gives no answer"
                log = (self.root / f"{child.name}.log").read_text(errors="replace")
                say(f"{child.name} {why}; the end of its log:", *log.splitlines()[-30:])
                sys.exit(1)
            time.sleep(0.05)

    def stop(self) -> None:
        running = [child for child in self.children if child.process.poll() is None]
        for child in running:
            os.killpg(child.process.pid, child.stop)
        for child in running:
            try:
                child.process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                say(f"{child.name} did not stop when asked to, killing it")
                os.killpg(child.process.pid, signal.SIGKILL)
                child.process.wait()


@contextmanager
def open_box() -> Iterator[Box]:
    with tempfile.TemporaryDirectory(prefix="test-servers-") as name:
        root = Path(name).resolve()
        box = Box(root)
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


def start_postgres(box: Box, initdb: Path, port: int) -> Child:
    home = box.home("postgresql", box.unprivileged)
    command = ["sh", "-c", POSTGRES, "sh", str(initdb.parent), str(home / "data"), str(port)]
    fast_shutdown = signal.SIGINT  # SIGTERM would wait for every client to leave
    return box.spawn(home, command, fast_shutdown, user=box.unprivileged)


def start_redis(box: Box, program: Path, port: int) -> Child:
    command = [str(program), "--port", str(port), "--bind", "127.0.0.1"]
    return box.spawn(box.home("redis"), [*command, "--save", ""], signal.SIGTERM)


def start_rabbitmq(box: Box, program: Path, port: int) -> Child:
    """With an epmd (Erlang's name server) of its own, else every start leaves a daemon running.

    RUNNING_UNDER_SYSTEMD makes the start script `exec` the server instead of watching over it.
    """
    epmd_port, dist_port = box.ports.pop(), box.ports.pop()
    epmd = [str(find_epmd()), "-port", str(epmd_port), "-address", "127.0.0.1"]
    box.wait(box.spawn(box.home("epmd"), epmd, signal.SIGTERM), epmd_port)
    home = box.home("rabbitmq")
    (home / "enabled_plugins").write_text("[].\n")
    # By default it blocks publishers when the disk is nearly full: not what tests are about.
    (home / "rabbitmq.conf").write_text("disk_free_limit.absolute = 1MB\n")
    env = {
        "ERL_EPMD_PORT": str(epmd_port),
        "ERL_FLAGS": "-start_epmd false",
        "RABBITMQ_NODENAME": f"tests{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(dist_port),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
        "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(home / "none.config"),
        "RABBITMQ_CONF_ENV_FILE": str(home / "none.conf"),
        "RUNNING_UNDER_SYSTEMD": "true",
    }
    # SIGKILL, because an orderly end takes seconds to save what nobody wants.
    return box.spawn(home, [str(program)], signal.SIGKILL, env)


@dataclass(frozen=True)
class Server:
    name: str
    variable: str
    url: str
    apt: str
    brew: str
    hello: bytes
    answer: bytes
    find: Callable[[], Path | None]
    start: Callable[[Box, Path, int], Child]


SERVERS = (
    Server(
        "PostgreSQL",
        "TEST_DATABASE_URL",
        "postgres://postgres@127.0.0.1:{}/postgres",
        "postgresql",
        "postgresql@16",
        # StartupMessage and ReadyForQuery:
        # https://www.postgresql.org/docs/16/protocol-message-formats.html
        b"\0\0\0\x29\0\3\0\0user\0postgres\0database\0postgres\0\0",
        b"Z\0\0\0\5I",
        find_initdb,
        start_postgres,
    ),
    Server(
        "Redis",
        "TEST_REDIS_URL",
        "redis://127.0.0.1:{}/0",
        "redis-server",
        "redis",
        b"PING\r\n",
        b"+PONG",
        find_redis,
        start_redis,
    ),
    Server(
        "RabbitMQ",
        "TEST_CELERY_BROKER_URL",
        "amqp://guest:guest@127.0.0.1:{}//",
        "rabbitmq-server",
        "rabbitmq",
        # The protocol header, and the class and method of connection.start: AMQP 0-9-1, 4.2.
        b"AMQP\0\0\x09\x01",
        b"\0\x0a\0\x0a",
        find_rabbitmq,
        start_rabbitmq,
    ),
)


def missing() -> list[Server]:
    return [server for server in SERVERS if server.find() is None]


def check() -> int:
    for server in SERVERS:
        path = server.find()
        print(f"{server.name}: {f'{path} ({version(path)})' if path else 'missing'}")
    return MISSING if missing() else 0


def step(*command: str) -> None:
    """Shows a failure but goes on: a package can be in place although its setup script failed
    (RabbitMQ's does where it cannot start a service), and the caller looks for the program itself.
    """
    say(" ".join(command))
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode:
        output = done.stdout.decode(errors="replace").splitlines()
        say(f"that exited with {done.returncode}; the end of its output:", *output[-15:])


@contextmanager
def no_services(sudo: Sequence[str]) -> Iterator[None]:
    """Debian's packages start their services when installed, unless this file forbids it.

    A file that is there already is the machine's own choice and stays. Danger: services still
    start with the next boot; they do not disturb ours, which have other ports and folders.
    Source: /usr/share/doc/init-system-helpers/README.policy-rc.d.gz
    """
    if POLICY.exists():
        yield
        return
    with tempfile.NamedTemporaryFile("w") as policy:
        policy.write("#!/bin/sh\nexit 101\n")
        policy.flush()
        subprocess.run([*sudo, "install", "-m", "755", policy.name, str(POLICY)], check=True)
    try:
        yield
    finally:
        subprocess.run([*sudo, "rm", "-f", str(POLICY)], check=True)


def apt_install(packages: Sequence[str]) -> None:
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if sudo and (not on_path("sudo") or subprocess.run([*sudo, "true"]).returncode):
        say("please run: sudo apt-get install --no-install-recommends " + " ".join(packages))
        return
    # Through `env`, because sudo drops the environment.
    apt = [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    options = ["--yes", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"]
    step(*apt, "update")
    with no_services(sudo):
        step(*apt, "install", *options, *packages)


def install() -> int:
    wanted = missing()
    if wanted and on_path("apt-get"):
        apt_install([server.apt for server in wanted])
    elif wanted and on_path("brew"):
        step("brew", "install", *(server.brew for server in wanted))
    elif wanted:
        say("please run: brew install " + " ".join(server.brew for server in wanted))
    still = ", ".join(server.name for server in missing())
    say(f"missing: {still}" if still else "all here")
    return MISSING if still else 0


def supervise(command: Sequence[str], env: Mapping[str, str]) -> int:
    """Runs CMD and hands signals on, except Ctrl-C, which a terminal gives to CMD as well."""
    if _signals:
        return 128 + _signals[0]
    process = subprocess.Popen(command, env=env)
    while process.poll() is None:
        time.sleep(0.05)
        interactive = sys.stdin.isatty()  # there CMD may go on: a shell, a debugger. Ctrl-\ ends it
        asked = [each for each in _signals if not (each == signal.SIGINT and interactive)]
        if not asked:
            continue
        for each in (0 if asked[0] == signal.SIGINT else asked[0], signal.SIGTERM, signal.SIGKILL):
            process.send_signal(each)
            try:
                process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                say(f"{command[0]} is still running {STOP_WITHIN:.0f} s after a signal")
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


def run(command: Sequence[str]) -> int:
    if not command or not on_path(command[0]):
        say(f"no such command: {' '.join(command)}")
        return 127
    wanted = [server for server in SERVERS if not os.environ.get(server.variable)]
    programs = {server: path for server in wanted if (path := server.find())}
    if len(programs) < len(wanted):
        names = ", ".join(server.name for server in wanted if server not in programs)
        say(f"missing: {names}; `python dev/servers.py install` installs them")
        return MISSING
    if not wanted:
        say("all are given by the environment")
        return supervise(command, os.environ)
    began = time.monotonic()
    with open_box() as box:
        env = dict(os.environ)
        started: list[tuple[Server, int, Child]] = []
        for server, program in programs.items():
            port = box.ports.pop()
            env[server.variable] = server.url.format(port)
            started.append((server, port, server.start(box, program, port)))
        for server, port, child in started:
            box.wait(child, port, server.hello, server.answer)
        names = ", ".join(f"{server.name} {version(path)}" for server, path in programs.items())
        say(f"started {names} in {time.monotonic() - began:.1f} s")
        return supervise(command, env)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="action", required=True)
    commands.add_parser("check")
    commands.add_parser("install")
    commands.add_parser("run").add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    if options.action == "check":
        return check()
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(signum, note_signal)
    if options.action == "install":
        return install()
    return run(options.command[1:] if options.command[:1] == ["--"] else options.command)


if __name__ == "__main__":
    sys.exit(main())
