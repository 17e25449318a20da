"""The provider that the races of imports use."""

from tests.external_events.conftest import ticketmaster

__all__ = ["ticketmaster"]
