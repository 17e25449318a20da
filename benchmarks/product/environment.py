"""A database for one run, and the environment that this process and the server share."""

import os
from contextlib import closing
from urllib.parse import urlsplit

import psycopg2
from redis import Redis

NAME = "benchmark"


def prepare(**more: str) -> None:
    """Create the database anew, empty Redis, and load Django in this process.

    The environment is that of production without TLS: DEBUG is off, limits are on, each request has
    a line of JSON in the log, and a broker takes the messages. `more` changes it.
    """
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "benchmarks.product.settings",
        "DATABASE_URL": _new_database(),
        "REDIS_URL": os.environ["TEST_REDIS_URL"],
        "CELERY_BROKER_URL": os.environ["TEST_CELERY_BROKER_URL"],
        "SECRET_KEY": "for-the-benchmark-only-" + "x" * 50,
        "DEBUG": "off",
        "HTTPS": "off",
        "LOG_FORMAT": "json",
        "EMAIL_URL": "smtp://127.0.0.1:9",
        **more,
    }
    Redis.from_url(os.environ["REDIS_URL"]).flushdb()
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def connect() -> "psycopg2.extensions.connection":
    """Return a connection of its own, in which each statement is a transaction."""
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    connection.autocommit = True
    return connection


def database_url(name: str, port: int | None = None) -> str:
    """Return the URL for a process with this name, through a proxy on `port`, if there is one."""
    url = urlsplit(os.environ["DATABASE_URL"])
    if port is not None:
        user = url.netloc.rpartition("@")[0]
        url = url._replace(netloc=f"{user}@127.0.0.1:{port}")
    return url._replace(query=f"application_name={name}&sslmode=disable").geturl()


def backends(name: str) -> list[int]:
    """Return the pids of PostgreSQL's processes that serve the process with this name."""
    with closing(connect()) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE application_name = %s AND datname = current_database()",
            [name],
        )
        return [pid for (pid,) in cursor.fetchall()]


def describe_postgresql() -> dict[str, str]:
    """Return what the numbers of writes depend on."""
    with closing(connect()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), current_setting('fsync')")
        [(version, fsync)] = cursor.fetchall()
    return {"postgresql": version.split()[0], "fsync": fsync}


def _new_database() -> str:
    server = urlsplit(os.environ["TEST_DATABASE_URL"])
    with closing(psycopg2.connect(server.geturl())) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
            cursor.execute(f"CREATE DATABASE {NAME} TEMPLATE template0")
    return server._replace(path=f"/{NAME}").geturl()
