"""Health checks for load balancers and containers (docs/adr/0027 says why no library is used)."""

from collections.abc import Callable
from functools import cache as cache_result
from uuid import uuid4

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu import Connection
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

from core.api.problems import CONTENT_TYPE, problem

logger = structlog.get_logger(__name__)
BROKER_TIMEOUT_S = 2


class NotMigrated(Exception):  # noqa: N818  (it states a fact)
    """The database lacks migrations that this code needs."""


def _check_database() -> None:
    """Raises DatabaseError, NotMigrated."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    _check_migrations()


@cache_result
def _check_migrations() -> None:
    """Raises NotMigrated. Success is cached: nobody reverts migrations while the server runs."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        raise NotMigrated(f"{len(plan)} migrations are not applied, the first is {plan[0][0]}.")


def _check_cache() -> None:
    """Read a value back, because a cache that is down accepts values without an error."""
    token = uuid4().hex
    cache.set("health", token, timeout=10)
    if cache.get("health") != token:
        raise RedisError("The cache did not return the value that was stored.")


def _check_broker() -> None:
    """Raises BrokerError, also for a broker that refuses the login or the virtual host."""
    if not settings.CELERY_BROKER_URL:
        return
    with Connection(settings.CELERY_BROKER_URL, connect_timeout=BROKER_TIMEOUT_S) as broker:
        try:
            broker.ensure_connection(max_retries=1, timeout=BROKER_TIMEOUT_S)
        except broker.connection_errors + broker.channel_errors as error:
            raise BrokerError(str(error)) from error


CHECKS: dict[str, Callable[[], None]] = {
    "database": _check_database,
    "cache": _check_cache,
    "broker": _check_broker,
}


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """Respond with 200, to show that the process responds."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Respond with 200 if database, cache and broker work, else with 503 and their states.

    A service that is not configured (Redis, broker) runs in this process and is always ready. A
    database without all migrations is not ready.
    """
    checks = {name: _state(name, check) for name, check in CHECKS.items()}
    faults = [
        f"{name} is {state.replace('_', ' ')}" for name, state in checks.items() if state != "ok"
    ]
    if not faults:
        return JsonResponse({"status": "ok", "checks": checks})
    body = problem(status_code=503, code="not_ready", detail=f"Not ready: {', '.join(faults)}.")
    return JsonResponse(
        body | {"checks": checks},
        status=503,
        content_type=CONTENT_TYPE,
        headers={"Retry-After": "5"},
    )


def _state(name: str, check: Callable[[], None]) -> str:
    try:
        check()
    except NotMigrated as error:
        logger.warning("health_check_failed", part=name, error=str(error))
        return "not_migrated"
    except (DatabaseError, RedisError, BrokerError, OSError) as error:
        logger.warning("health_check_failed", part=name, error=str(error))
        return "down"
    return "ok"
