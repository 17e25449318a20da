"""Rate limits of API views, and the client address that they count by.

The rates are settings, by scope; `core.ratelimit` counts.
"""

import re
from functools import cache, lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest
from rest_framework.exceptions import Throttled
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

from core.ratelimit import Limit, Verdict, count, spend

if TYPE_CHECKING:  # rest_framework.views itself loads this module
    from rest_framework.views import APIView

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_WITH_PORT = re.compile(r"(?:\[(?P<v6>[^\]]+)\]|(?P<v4>[^:]+))(?::[0-9]+)?")
# The address of the only client behind a unix socket without a proxy.
_NO_ADDRESS = IPv4Address(0)


class RateLimits(BaseThrottle):
    """Check every limit that applies to a request in one step.

    `anon` or `user` always applies. The `throttle_scope` of the view applies to writes, and to
    reads if the view has `throttle_safe_methods = True`. Views without login count by address.
    """

    verdict: Verdict

    def allow_request(self, request: Request, view: "APIView") -> bool:
        verdict: Verdict | None = getattr(request._request, "limits", None)
        if verdict is None:  # the authentication has not counted them
            limits = limits_of(request, view)
            if not limits:
                return True
            verdict = note(request, count(limits))
        self.verdict = verdict
        return verdict.allowed

    def wait(self) -> int:
        return self.verdict.retry_after_s


class UploadsCount:
    """Mixin for views that accept files: the scope `upload` counts requests with one."""

    request: Any

    @property
    def throttle_scope(self) -> str | None:
        is_form = self.request.content_type.startswith("multipart/")
        return "upload" if is_form and self.request.FILES else None


def count_anonymous(request: Request) -> None:
    """Count a request that is refused before the throttles run (dead token). Raises Throttled."""
    rate: Any = api_settings.DEFAULT_THROTTLE_RATES["anon"]
    if rate is None:
        return
    bucket = client_bucket(request)
    verdict = note(request, count([Limit("anon", f"rate:anon:{bucket}", *_read_rate(rate))]))
    if not verdict.allowed:
        raise Throttled(wait=verdict.retry_after_s)


def spend_rate(scope: str, key: str, *, number: int) -> None:
    """Count `number` by the rate of a scope, in the transaction of the caller.

    A rollback also reverts the count. Does nothing for 0, and while the rate is off. Raises
    TooManyTries.
    """
    rate: Any = api_settings.DEFAULT_THROTTLE_RATES[scope]
    if number == 0 or rate is None:
        return
    quota, window_s = _read_rate(rate)
    spend(f"{scope}:{key}", limit=quota, window_s=window_s, number=number)


def note(request: Request, verdict: Verdict) -> Verdict:
    """Keep the verdict for RateLimitMiddleware, which sees Django's request and not DRF's."""
    request._request.limits = verdict  # type: ignore[attr-defined]
    return verdict


def limits_of(request: Request, view: "APIView") -> list[Limit]:
    """Return the limits that apply to a request of `request.user`."""
    is_person = request.user is not None and request.user.is_authenticated
    bucket = f"user-{request.user.pk}" if is_person else client_bucket(request)
    scopes = ["user" if is_person else "anon"]
    scope = getattr(view, "throttle_scope", None)
    reads_count = getattr(view, "throttle_safe_methods", False)
    if scope and (reads_count or request.method not in SAFE_METHODS):
        scopes.insert(0, scope)
    rates: dict[str, Any] = api_settings.DEFAULT_THROTTLE_RATES
    return [
        Limit(scope, f"rate:{scope}:{bucket}", *_read_rate(rate))
        for scope in scopes
        if (rate := rates[scope]) is not None
    ]


@cache
def _read_rate(rate: str) -> tuple[int, int]:
    """Return quota and window in seconds of a rate such as `10/min`, which the settings checked."""
    quota, _, period = rate.partition("/")
    return int(quota), _SECONDS[period[0]]


def client_ip(request: HttpRequest | Request) -> str:
    """Return the address of the client: from trusted proxies, or else from the connection.

    Only the last TRUSTED_PROXIES entries of X-Forwarded-For are used, because clients can forge the
    others. IPv4 in IPv6 is returned as IPv4. A unix socket without a proxy is 0.0.0.0.
    """
    return str(_client_address(request))


def client_bucket(request: HttpRequest | Request) -> str:
    """Return the key of limits by address: the IPv4 address, or the /64 network of IPv6."""
    return _bucket(_client_address(request))


def bucket_of(ip: str) -> str:
    """Return the bucket of an address that `client_ip` returned before."""
    return _bucket(_read_address(ip) or _NO_ADDRESS)


def _bucket(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, 64), strict=False))
    return str(address)


def _client_address(request: HttpRequest | Request) -> IPv4Address | IPv6Address:
    address = _read_address(request.META.get("REMOTE_ADDR", ""))
    proxies: int = settings.TRUSTED_PROXIES
    if proxies:
        hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        address = _read_address(hops[-min(proxies, len(hops))]) or address
    return address or _NO_ADDRESS


@lru_cache(maxsize=10_000)  # parsing costs a hundred times the look-up
def _read_address(text: str) -> IPv4Address | IPv6Address | None:
    text = text.strip()
    if found := _WITH_PORT.fullmatch(text):
        text = found["v6"] or found["v4"]
    try:
        address = ip_address(text.partition("%")[0])  # without the zone of a link-local address
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
