"""How gunicorn serves, from the same environment as the settings."""

import multiprocessing
from typing import Any

import environ

from config import settings

env = environ.Env()

bind = f"{env.str('HOST', default='127.0.0.1')}:{env.int('PORT', default=8000)}"
worker_class = "gthread"
threads = env.int("WEB_THREADS", default=8)
# Without Redis limits are counted in the process: a second one would count its own.
workers = (
    env.int("WEB_CONCURRENCY", default=multiprocessing.cpu_count()) if settings.REDIS_URL else 1
)
# Above what clients and proxies keep: a shorter one resets connections that are being reused.
keepalive = 75
timeout = 60
graceful_timeout = 30
limit_request_line = 4094
limit_request_field_size = 8190
# The product tells of requests itself, with their ids.
accesslog = None
logconfig_dict = settings.LOGGING
control_socket_disable = True
# Whether a proxy is believed about TLS is the settings' to say (TRUSTED_PROXIES).
forwarded_allow_ips = ""


def when_ready(server: Any) -> None:
    server.log.info(
        "%s process(es) × %s threads, database %s, cache %s, rate limits %s",
        workers,
        threads,
        settings.DATABASES["default"]["ENGINE"].rsplit(".", 1)[-1],
        "Redis" if settings.REDIS_URL else "in process",
        "on" if settings.RATE_LIMITS else "OFF",
    )
    if settings.HTTPS:
        server.log.info("HTTPS is on: reach it through a proxy that ends TLS, or set HTTPS=off")
    else:
        server.log.info("Swagger http://%s/swagger/ · admin http://%s/admin/", bind, bind)


def post_worker_init(worker: Any) -> None:
    from config import courier  # only now is Django set up, and a thread survives no fork

    courier.start()


def worker_exit(server: Any, worker: Any) -> None:
    from config import courier

    courier.stop()
