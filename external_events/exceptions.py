"""Refusals of external_events: each has a code, a status and a message for the client."""

from core.errors import NotThere, RuleBroken, TooManyTries


class ProviderNotConfigured(RuleBroken):
    status = 503
    code = "provider_not_configured"
    message = "This server has no API key for this provider. Choose another provider."
    retry_after_s = 3600  # until an operator sets one


class ExternalEventNotFound(NotThere):
    message = "The provider has no event with this ID."


class SubscriptionNotFound(NotThere):
    message = "This standing import does not exist."


class ExternalEventCancelled(RuleBroken):
    code = "external_event_cancelled"
    message = "The provider says that this event is cancelled."


class BannerNotFetched(RuleBroken):
    code = "banner_not_fetched"
    message = (
        "This event can't get a banner from the provider: it has no picture there, is cancelled, "
        "or has its own banner."
    )


class ProviderShareUsedUp(TooManyTries):
    """The share of one person, or of one address, of a day's requests is used up."""

    def __init__(self, provider: str, *, retry_after_s: int) -> None:
        super().__init__(retry_after_s=retry_after_s)
        self.args = (
            f"You have used your share of today's requests to {provider}. Searches from the last "
            f"24 hours still work. Try others again in {retry_after_s} seconds.",
        )
