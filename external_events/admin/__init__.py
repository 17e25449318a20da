"""Events from elsewhere in the admin; every write goes through the services."""

from external_events.admin.runs import RunAdmin
from external_events.admin.subscriptions import SubscriptionAdmin

__all__ = ["RunAdmin", "SubscriptionAdmin"]
