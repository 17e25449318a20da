"""Reads of what was imported."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from config.errors import NotThere
from events.models import Event
from events.selectors import visible_to
from external_events.models import Run, Subscription


def organizers() -> QuerySet[User]:
    """Whose events imported ones may become."""
    return User.objects.filter(is_active=True, is_organizer=True)


class SubscriptionNotFound(NotThere):
    message = "There is no such standing import."


def event_imported_from(provider: str, external_id: str) -> Event | None:
    """The event that it is here, whoever may see it; a deleted one is none."""
    if "\0" in external_id:  # PostgreSQL refuses to look for it
        return None
    return (
        Event.objects.alive()
        .filter(external_provider=provider, external_event_id=external_id)
        .first()
    )


def ids_imported_from(
    provider: str, external_ids: Iterable[str], *, user: User | None
) -> dict[str, int]:
    """Of those that are here and that the person may read, None: that anybody may: external id →
    event id. One query."""
    events = Event.objects.alive() if user is None else visible_to(user)
    rows = events.filter(external_provider=provider, external_event_id__in=list(external_ids))
    return dict(rows.values_list("external_event_id", "pk"))


def get_subscription(subscription_id: int) -> Subscription:
    """With its last run. Raises SubscriptionNotFound."""
    try:
        return Subscription.objects.select_related("last_run", "organizer", "category").get(
            pk=subscription_id
        )
    except Subscription.DoesNotExist as error:
        raise SubscriptionNotFound from error


def last_runs(subscription: Subscription) -> list[Run]:
    """The ten newest."""
    return list(subscription.runs.all()[:10])


def export_of(user: User) -> dict[str, list[dict[str, Any]]]:
    """The standing imports whose finds become the person's events."""
    mine = Subscription.objects.filter(organizer=user).order_by("pk")
    return {"external_events.subscription": [dict(row) for row in mine.values()]}
