"""The services that the world's events come from, each behind the same interface."""

from external_events.providers.base import Provider
from external_events.providers.seatgeek import SeatGeek
from external_events.providers.ticketmaster import Ticketmaster

PROVIDERS: dict[str, Provider] = {
    provider.name: provider for provider in (Ticketmaster(), SeatGeek())
}
