"""The query parameters of the list of notifications."""

from core.api.fields import FilterSet, YesNoFilter


class NotificationFilter(FilterSet):
    """Validates the parameter of `selectors.listed_notifications` only."""

    unread = YesNoFilter(label="true: only unread notifications. false: only read ones.")
