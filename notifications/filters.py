"""The query parameters of the list of notifications."""

import django_filters

from core.api.fields import YesNoFilter
from notifications.models import NotificationQuerySet


class NotificationFilter(django_filters.FilterSet):
    unread = YesNoFilter(method="of_unread", label="true: those that are not read yet.")

    def of_unread(
        self, notifications: NotificationQuerySet, name: str, word: str
    ) -> NotificationQuerySet:
        return notifications.filter(read_at__isnull=word == "true")
