"""Admin pages of external events. Every write goes through the services."""

from external_events.admin.duplicates import DuplicateAdmin
from external_events.admin.imports import ImportAdmin
from external_events.admin.on_events import ImportInline
from external_events.admin.runs import RunAdmin
from external_events.admin.subscriptions import SubscriptionAdmin
