"""Private PostgreSQL, Redis and RabbitMQ servers for the test suite.

    python -m dev.servers check               show the programs of the servers
    python -m dev.servers install             install the missing ones
    python -m dev.servers run -- CMD ARGS...  run CMD with servers of its own

`run` stops what it started and removes its folder, however CMD ends; only `kill -9` of this script
leaves them behind. Servers in TEST_DATABASE_URL, TEST_REDIS_URL and TEST_CELERY_BROKER_URL are used
instead of private ones. The names start with TEST_, so that tests never flush a Redis in use.
Exit codes: that of CMD; 1 if a server did not start; 3 if a server is missing; 127 if CMD does not
exist; 128+N after signal N.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from dev.servers.box import STOP_WITHIN, Child, caught_signals, note_signal, open_box, say
from dev.servers.install import MISSING, install
from dev.servers.kinds import SERVERS, TOOLS, Server, missing
from dev.servers.programs import on_path, version


def check() -> int:
    for program in (*SERVERS, *TOOLS):
        path = program.find()
        print(f"{program.name}: {f'{path} ({version(path)})' if path else 'missing'}")
    return MISSING if missing() else 0


def supervise(command: Sequence[str], env: Mapping[str, str]) -> int:
    """Run CMD and forward signals, except Ctrl-C, which a terminal sends to CMD as well."""
    if caught_signals:
        return 128 + caught_signals[0]
    process = subprocess.Popen(command, env=env)
    while process.poll() is None:
        time.sleep(0.05)
        # In a terminal a shell or a debugger can continue after Ctrl-C; Ctrl-\ ends it.
        interactive = sys.stdin.isatty()
        signals = [num for num in caught_signals if not (num == signal.SIGINT and interactive)]
        if not signals:
            continue
        first = 0 if signals[0] == signal.SIGINT else signals[0]
        for signum in (first, signal.SIGTERM, signal.SIGKILL):
            process.send_signal(signum)
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
        say(f"missing: {names}; `python -m dev.servers install` installs them")
        return MISSING
    if not wanted:
        say("using the servers of the environment")
        return supervise(command, os.environ)
    began = time.monotonic()
    with open_box(ports=len(SERVERS) + 2) as box:  # RabbitMQ needs two more
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
