"""The configuration of gunicorn, from the same environment as the settings."""

import gc
from typing import Any

import environ
from gunicorn.http.wsgi import Response

from config import settings

env = environ.Env()

bind = f"{env.str('HOST', default='127.0.0.1')}:{env.int('PORT', default=8000)}"
worker_class = "config.worker.Worker"  # threads, and one for liveness probes
workers = settings.WEB_CONCURRENCY
threads = settings.WEB_THREADS
# Longer than clients and proxies keep connections: a shorter one resets those being reused.
keepalive = 75
timeout = 60
graceful_timeout = 30
limit_request_line = 4094
limit_request_field_size = 8190
# The code is loaded once, and processes share its memory until they write to it. So a reload
# (SIGHUP) starts processes with the old code: new code needs a restart.
preload_app = True
# The product logs requests itself, with their ids.
accesslog = None
logconfig_dict = settings.LOGGING
control_socket_disable = True
# Trusted proxy headers are configured in the settings (TRUSTED_PROXIES).
forwarded_allow_ips = ""


_default_headers = Response.default_headers


def _headers_without_server(response: Response) -> list[str]:
    return [line for line in _default_headers(response) if not line.startswith("Server:")]


# gunicorn sends a `Server` header in every response and has no setting to turn it off. Its own
# error pages, for requests that it can't parse, never have the header.
Response.default_headers = _headers_without_server


def when_ready(server: Any) -> None:
    from django.core.cache import caches
    from django.db import connections

    # Close connections opened while loading: two processes must not share a connection.
    connections.close_all()
    caches.close_all()
    gc.collect()
    gc.freeze()  # else the first collection in each process copies the shared memory
    # Responses are made of many objects that live for one request. Collections after each 700 of
    # them, Python's default, cost 5 to 20% of a request.
    gc.set_threshold(50_000)
    server.log.info(
        "%s process(es) × %s threads, database %s, cache %s, rate limits %s",
        workers,
        threads,
        settings.DATABASES["default"]["ENGINE"].rsplit(".", 1)[-1],
        "Redis" if settings.REDIS_URL else "in process",
        "on" if settings.RATE_LIMITS else "OFF",
    )
    if settings.HTTPS:
        server.log.info("HTTPS is on: use a proxy that terminates TLS, or set HTTPS=off")
    else:
        server.log.info("Swagger http://%s/swagger/ · admin http://%s/admin/", bind, bind)


def post_worker_init(worker: Any) -> None:
    from core import background  # here, because a fork does not copy threads

    background.start()


def worker_exit(server: Any, worker: Any) -> None:
    from core import background

    background.stop()
