"""The providers of events. Each is a folder of this package, registered in `PROVIDERS`."""

from core.errors import BadValue
from external_events.providers.base import Provider
from external_events.providers.seatgeek.client import SeatGeek
from external_events.providers.ticketmaster.client import Ticketmaster

PROVIDERS: dict[str, Provider] = {
    provider.name: provider for provider in (Ticketmaster(), SeatGeek())
}


def provider_choices() -> list[tuple[str, str]]:
    return [(provider.name, provider.title) for provider in PROVIDERS.values()]


def get_provider(name: str) -> Provider:
    """Return the provider. Raises BadValue on `provider`."""
    try:
        return PROVIDERS[name]
    except KeyError as error:
        message = f"Choose one of these providers: {', '.join(PROVIDERS)}."
        raise BadValue("provider", "invalid_choice", message) from error


def default_provider() -> Provider:
    """Return the first provider with an API key, or the first one."""
    providers = list(PROVIDERS.values())
    return next((provider for provider in providers if provider.is_configured()), providers[0])
