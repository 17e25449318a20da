"""The query parameters of the list of notifications."""

import django_filters

from core.api.fields import YesNoFilter
from notifications.models import NotificationQuerySet


class NotificationFilter(django_filters.FilterSet):
    unread = YesNoFilter(
        method="filter_unread", label="true: only unread notifications. false: only read ones."
    )

    def filter_unread(
        self, notifications: NotificationQuerySet, name: str, value: str
    ) -> NotificationQuerySet:
        return notifications.filter(read_at__isnull=value == "true")
