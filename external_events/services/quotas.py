"""Shares of the daily requests to a provider."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from core.errors import ProviderUnavailable, RuleBroken
from core.ratelimit import Limit, Standing
from external_events.exceptions import ProviderShareUsedUp
from external_events.providers.base import Provider
from external_events.providers.transport import LimitUsedUp

_DAY_S = 86_400
_PERSON, _ADDRESS = "person", "address"
# How many times a person's share an address has: offices share an address, and so do the accounts
# that one person makes.
_SHARES_OF_AN_ADDRESS = 4


@dataclass(frozen=True)
class Caller:
    """The person for whom a provider is called; `address` is the key of their rate limit."""

    user_id: int
    address: str


def limits_of(provider: Provider, caller: Caller, *, is_search: bool) -> list[Limit]:
    """Return the limits of a caller.

    A fifth of a day's quota is left to standing imports and lookups of imported events, and
    another fifth to people's imports; one person cannot use up the rest alone.
    """
    named = f"provider:{provider.name}"
    quota = provider.daily_quota()
    limits = []
    if quota:
        limits.append(Limit("people", f"{named}:people", max(1, quota * 4 // 5), _DAY_S))
        if is_search:
            limits.append(Limit("searches", f"{named}:searches", max(1, quota * 3 // 5), _DAY_S))
    if settings.RATE_LIMITS:
        share = settings.PROVIDER_DAILY_REQUESTS_PER_PERSON
        share = min(share, max(1, quota // 10)) if quota else share
        person, address = (f"{named}:{each}" for each in (caller.user_id, caller.address))
        limits.append(Limit(_PERSON, person, share, _DAY_S))
        limits.append(Limit(_ADDRESS, address, share * _SHARES_OF_AN_ADDRESS, _DAY_S))
    return limits


def ask_counted(provider: Provider, ask: Callable[[], Any]) -> Any:
    """Return the result of `ask`.

    Raises ProviderShareUsedUp or ProviderUnavailable for a used-up limit of `limits_of`.
    """
    try:
        return ask()
    except LimitUsedUp as error:
        standing = error.standing
    raise _refusal(provider, standing)


def _refusal(provider: Provider, standing: Standing) -> RuleBroken:
    if standing.limit.name in (_PERSON, _ADDRESS):
        return ProviderShareUsedUp(provider.title, retry_after_s=standing.resets_in_s)
    return ProviderUnavailable(
        f"Today's requests to {provider.title} for people are used up.",
        retry_after_s=standing.resets_in_s,
    )
