"""The three servers and other tools: how to find, start and probe each of them."""

import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dev.servers.box import Box, Child
from dev.servers.programs import (
    find_chromium,
    find_epmd,
    find_initdb,
    find_rabbitmq,
    find_redis,
    on_path,
)

# `exec` gives the server the pid that is stopped later. If C.UTF-8 does not exist, C stores the
# same text and only sorts it differently. The trap makes sh wait for an interrupted initdb, which
# removes its files. Without a unix socket the path of the folder can have any length. Protection
# against power cuts is off, because the data is thrown away. Protection against crashes of the
# server stays on, because tests kill it and start it again with the same data.
POSTGRES = """
trap 'exit 130' INT
bin=$1 data=$2 port=$3
init() { "$bin/initdb" -D "$data" -U postgres --auth=trust -E UTF8 --no-sync --locale="$1"; }
[ -e "$data/PG_VERSION" ] || init C.UTF-8 || init C || exit 1
exec "$bin/postgres" -D "$data" -p "$port" -c listen_addresses=127.0.0.1 -c max_connections=300 \
    -c unix_socket_directories= -c fsync=off -c full_page_writes=off
"""


def start_postgres(box: Box, initdb: Path, port: int) -> Child:
    home = box.home("postgresql", box.unprivileged)
    command = ["sh", "-c", POSTGRES, "sh", str(initdb.parent), str(home / "data"), str(port)]
    fast_shutdown = signal.SIGINT  # SIGTERM would wait for every client to leave
    return box.spawn(home, command, fast_shutdown, user=box.unprivileged)


def start_redis(box: Box, program: Path, port: int) -> Child:
    command = [str(program), "--port", str(port), "--bind", "127.0.0.1"]
    return box.spawn(box.home("redis"), [*command, "--save", ""], signal.SIGTERM)


def start_rabbitmq(box: Box, program: Path, port: int) -> Child:
    """Start RabbitMQ with its own epmd (Erlang's name server), else each start leaves a daemon.

    RUNNING_UNDER_SYSTEMD makes the start script `exec` the server instead of supervising it.
    """
    epmd_port, dist_port = box.ports.pop(), box.ports.pop()
    epmd = [str(find_epmd()), "-port", str(epmd_port), "-address", "127.0.0.1"]
    box.wait(box.spawn(box.home("epmd"), epmd, signal.SIGTERM), epmd_port)
    home = box.home("rabbitmq")
    (home / "enabled_plugins").write_text("[].\n")
    # The default blocks publishers when the disk is nearly full, which tests do not need.
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
    # SIGKILL, because an orderly stop takes seconds to save data that is thrown away.
    return box.spawn(home, [str(program)], signal.SIGKILL, env)


@dataclass(frozen=True)
class Program:
    name: str
    apt: str
    brew: str
    find: Callable[[], Path | None]


@dataclass(frozen=True)
class Server(Program):
    variable: str
    url: str
    hello: bytes
    answer: bytes
    start: Callable[[Box, Path, int], Child]


SERVERS = (
    Server(
        "PostgreSQL",
        "postgresql",
        "postgresql@16",
        find_initdb,
        "TEST_DATABASE_URL",
        "postgres://postgres@127.0.0.1:{}/postgres",
        # StartupMessage and ReadyForQuery:
        # https://www.postgresql.org/docs/16/protocol-message-formats.html
        b"\0\0\0\x29\0\3\0\0user\0postgres\0database\0postgres\0\0",
        b"Z\0\0\0\5I",
        start_postgres,
    ),
    Server(
        "Redis",
        "redis-server",
        "redis",
        find_redis,
        "TEST_REDIS_URL",
        "redis://127.0.0.1:{}/0",
        b"PING\r\n",
        b"+PONG",
        start_redis,
    ),
    Server(
        "RabbitMQ",
        "rabbitmq-server",
        "rabbitmq",
        find_rabbitmq,
        "TEST_CELERY_BROKER_URL",
        "amqp://guest:guest@127.0.0.1:{}//",
        # The protocol header, and the class and method of connection.start: AMQP 0-9-1, 4.2.
        b"AMQP\0\0\x09\x01",
        b"\0\x0a\0\x0a",
        start_rabbitmq,
    ),
)


# Installed with the servers and started by the tests that need them: the browser, and the
# programs that the commands of README.md and docs/tutorial.md call.
TOOLS = (
    Program("Chromium", "chromium", "google-chrome", find_chromium),
    Program("curl", "curl", "curl", partial(on_path, "curl")),
    Program("jq", "jq", "jq", partial(on_path, "jq")),
)


def missing() -> list[Program]:
    return [program for program in (*SERVERS, *TOOLS) if program.find() is None]
