"""Queries on imported events and standing imports."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Min, Q, QuerySet

from accounts.models import User
from events.models import Event, EventQuerySet
from external_events.exceptions import SubscriptionNotFound
from external_events.models import Subscription


def organizers() -> QuerySet[User]:
    """Return the people who can own imported events."""
    return User.objects.filter(is_active=True, is_organizer=True)


def events_imported_from(provider: str, external_id: str) -> EventQuerySet:
    """Return all imports of one event of a provider, oldest first; no deleted ones."""
    if "\0" in external_id:  # PostgreSQL refuses it in a query
        return Event.objects.none()
    events = Event.objects.alive().filter(external_provider=provider, external_event_id=external_id)
    return events.order_by("pk")


def event_imported_from(provider: str, external_id: str, *, organizer: User | None) -> Event | None:
    """Return the event that the organizer imported; without an organizer, the primary one."""
    events = events_imported_from(provider, external_id)
    if organizer is None:
        return events.filter(external_is_primary=True).first()
    return events.filter(created_by=organizer).first()


def ids_imported_from(
    provider: str, external_ids: Iterable[str], *, reader: User
) -> dict[str, int]:
    """Return external id → event id for the events of a provider that the reader can open here.

    The reader's own import comes first, then the primary event, then the oldest one of another
    organizer; the last two only while lists show them. One query.
    """
    events = Event.objects.alive().with_organizer_state()
    events = events.filter(external_provider=provider, external_event_id__in=list(external_ids))
    is_listed = Q(status=Event.Status.PUBLISHED, is_organizer_inactive=False)
    rows = (
        events.order_by()
        .values("external_event_id")
        .annotate(
            own=Min("pk", filter=Q(created_by=reader)),
            primary=Min("pk", filter=is_listed & Q(external_is_primary=True)),
            oldest=Min("pk", filter=is_listed),
        )
    )
    ids = {row["external_event_id"]: row["own"] or row["primary"] or row["oldest"] for row in rows}
    return {external_id: pk for external_id, pk in ids.items() if pk is not None}


@dataclass(frozen=True)
class Copies:
    """The number of imports of one event of a provider, for the admin.

    `event_id` is the primary event, or otherwise the oldest.
    """

    event_id: int
    number: int
    has_primary: bool


def copies_of(provider: str, external_ids: Iterable[str]) -> dict[str, Copies]:
    """Return external id → its imports, drafts included. One query."""
    events = Event.objects.alive().filter(
        external_provider=provider, external_event_id__in=list(external_ids)
    )
    rows = (
        events.order_by()
        .values("external_event_id")
        .annotate(
            primary=Min("pk", filter=Q(external_is_primary=True)),
            oldest=Min("pk"),
            number=Count("pk"),
        )
    )
    return {
        row["external_event_id"]: Copies(
            event_id=row["primary"] or row["oldest"],
            number=row["number"],
            has_primary=row["primary"] is not None,
        )
        for row in rows
    }


def get_subscription(subscription_id: int) -> Subscription:
    """Return a standing import with its last run. Raises SubscriptionNotFound."""
    try:
        return Subscription.objects.select_related("last_run", "organizer", "category").get(
            pk=subscription_id
        )
    except Subscription.DoesNotExist as error:
        raise SubscriptionNotFound from error


def export_of(user: User) -> dict[str, list[dict[str, Any]]]:
    """Return the standing imports of which the person owns the events."""
    mine = Subscription.objects.filter(organizer=user).order_by("pk")
    return {"external_events.subscription": [dict(row) for row in mine.values()]}
