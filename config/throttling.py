"""How often one client may ask: rates from the environment, one bucket a scope.

The limits are counted in the shared cache. While that cache is out of reach
requests are let through: a dead Redis must not close the house.
"""

from typing import TYPE_CHECKING, Any

import structlog
from redis.exceptions import RedisError
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import AnonRateThrottle, ScopedRateThrottle, UserRateThrottle

if TYPE_CHECKING:  # rest_framework.views itself loads this module
    from rest_framework.views import APIView

logger = structlog.get_logger(__name__)


class _OpenOnOutage:
    """Mixin: rates are read at each request, and an unreachable cache lets it through."""

    scope: str | None

    def get_rate(self) -> str | None:
        rate: Any = api_settings.DEFAULT_THROTTLE_RATES[str(self.scope)]
        return None if rate is None else str(rate)

    def allow_request(self, request: Request, view: "APIView") -> bool:
        try:
            return bool(super().allow_request(request, view))  # type: ignore[misc]
        except RedisError as error:
            logger.warning("throttle_skipped", scope=self.scope, error=str(error))
            return True


class AnonThrottle(_OpenOnOutage, AnonRateThrottle):
    pass


class UserThrottle(_OpenOnOutage, UserRateThrottle):
    pass


class ScopedThrottle(_OpenOnOutage, ScopedRateThrottle):
    """For what is written to views with a `throttle_scope`, beside the general rate."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        return request.method in SAFE_METHODS or super().allow_request(request, view)
