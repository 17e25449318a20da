"""The payment providers of this server: one is on if its key is set."""

from functools import lru_cache
from typing import Any, cast

from django.conf import settings
from django.utils.module_loading import import_string

from payments.exceptions import NoProvider, UnknownProvider
from payments.gateways.base import Gateway

# In the order in which they are offered. The library of a provider that is off is not imported.
_CLASSES = {
    "stripe": "payments.gateways.stripe.StripeGateway",
    "paypal": "payments.gateways.paypal.PayPalGateway",
    "test": "payments.gateways.test.TestGateway",
}
# Their orders can't be voided, and no money moves before `capture`: a payment ends by our clock.
CAPTURES = frozenset({"paypal"})


def names() -> list[str]:
    """Return the providers that are on."""
    is_on = {"stripe": bool(settings.STRIPE_SECRET_KEY), "paypal": bool(settings.PAYPAL_CLIENT_ID)}
    is_on["test"] = settings.DEBUG and not any(is_on.values())
    return [name for name in _CLASSES if is_on[name]]


def default() -> str:
    """Return the first provider. Raises NoProvider."""
    if not (on := names()):
        raise NoProvider
    return on[0]


def get(name: str) -> Gateway:
    """Raises UnknownProvider for providers that are off."""
    if name not in names():
        raise UnknownProvider
    return _gateway(name, tuple(sorted(_options(name).items())))


def captures(name: str) -> bool:
    return name in CAPTURES


@lru_cache(maxsize=16)
def _gateway(name: str, options: tuple[tuple[str, Any], ...]) -> Gateway:
    return cast(Gateway, import_string(_CLASSES[name])(**dict(options)))


def _options(name: str) -> dict[str, Any]:
    if name == "stripe":
        return {
            "key": settings.STRIPE_SECRET_KEY,
            "base_url": settings.STRIPE_BASE_URL,
            "webhook_secrets": tuple(settings.STRIPE_WEBHOOK_SECRETS),
        }
    if name == "paypal":
        return {
            "client_id": settings.PAYPAL_CLIENT_ID,
            "client_secret": settings.PAYPAL_CLIENT_SECRET,
            "base_url": settings.PAYPAL_BASE_URL,
            "webhook_ids": tuple(settings.PAYPAL_WEBHOOK_IDS),
        }
    return {}
