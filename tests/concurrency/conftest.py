"""The provider that imports race for."""

from tests.external_events.conftest import ticketmaster

__all__ = ["ticketmaster"]
