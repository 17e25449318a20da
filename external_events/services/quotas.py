"""The shares of callers in the daily requests to a provider."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings

from core.errors import ProviderUnavailable
from core.ratelimit import Limit
from external_events.exceptions import ProviderShareUsedUp
from external_events.providers.base import Provider
from external_events.providers.transport import LimitUsedUp

_DAY_S = 86_400
_PERSON, _ADDRESS = "person", "address"
# The share of an address, in shares of a person. Offices share an address, and so do the accounts
# that one person creates in bulk.
_SHARES_OF_AN_ADDRESS = 4


@dataclass(frozen=True)
class Caller:
    """The person for whom a provider is called; `address` is the key of their rate limit."""

    user_id: int
    address: str


@contextmanager
def caller_limits(provider: Provider, caller: Caller, *, is_search: bool) -> Iterator[list[Limit]]:
    """Yield the limits of a caller; turn a used-up one into an error for the API.

    A fifth of a daily quota is left to standing imports and scheduled lookups, and another fifth
    to people's imports. Raises ProviderShareUsedUp and ProviderUnavailable.
    """
    try:
        yield _limits(provider, caller, is_search=is_search)
    except LimitUsedUp as error:
        standing = error.standing
        if standing.limit.name in (_PERSON, _ADDRESS):
            raise ProviderShareUsedUp(provider.title, retry_after_s=standing.resets_in_s) from error
        raise ProviderUnavailable(
            f"The daily quota of {provider.title} for searches and imports by people is used up.",
            retry_after_s=standing.resets_in_s,
        ) from error


def _limits(provider: Provider, caller: Caller, *, is_search: bool) -> list[Limit]:
    prefix = f"provider:{provider.name}"
    quota = provider.daily_quota()
    limits = []
    if quota:
        limits.append(Limit("people", f"{prefix}:people", max(1, quota * 4 // 5), _DAY_S))
        if is_search:
            limits.append(Limit("searches", f"{prefix}:searches", max(1, quota * 3 // 5), _DAY_S))
    if settings.RATE_LIMITS:
        share = settings.PROVIDER_DAILY_REQUESTS_PER_PERSON
        if quota:
            share = min(share, max(1, quota // 10))
        limits.append(Limit(_PERSON, f"{prefix}:{caller.user_id}", share, _DAY_S))
        address_share = share * _SHARES_OF_AN_ADDRESS
        limits.append(Limit(_ADDRESS, f"{prefix}:{caller.address}", address_share, _DAY_S))
    return limits
