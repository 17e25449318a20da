"""Create, change and delete standing imports."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from core import background
from external_events.exceptions import SubscriptionNotFound
from external_events.models import Subscription
from external_events.services.runs import WORK_ON_RUNS, lock_subscription, next_run_after


@transaction.atomic
def create_subscription(*, details: dict[str, Any]) -> Subscription:
    """Create a standing import. It runs immediately, unless it only runs on request."""
    subscription = Subscription(**details)
    if next_run_after(subscription, timezone.now()) is not None:
        subscription.next_run_at = timezone.now()
        background.nudge_on_commit(WORK_ON_RUNS)
    subscription.save(force_insert=True)
    return subscription


@transaction.atomic
def get_or_create_once(*, details: dict[str, Any]) -> Subscription:
    """Return the standing import with exactly these details that only runs on request."""
    details = {"category": None, "limit": None, "dry_run": False, **details}
    details["every"] = Subscription.Every.ONCE
    existing = Subscription.objects.filter(**details).order_by("pk").first()
    return existing or create_subscription(details=details)


@transaction.atomic
def update_subscription(*, subscription_id: int, changes: dict[str, Any]) -> Subscription:
    """Change a standing import; a current run continues with the new values.

    A new interval counts from the last run. Raises SubscriptionNotFound.
    """
    subscription = lock_subscription(subscription_id)
    changes = {
        name: value for name, value in changes.items() if getattr(subscription, name) != value
    }
    if not changes:
        return subscription
    for name, value in changes.items():
        setattr(subscription, name, value)
    if {"every", "is_active"} & set(changes):
        last = subscription.last_run
        since = last.started_at if last else timezone.now()
        subscription.next_run_at = next_run_after(subscription, since)
    subscription.save(update_fields=[*changes, "next_run_at", "updated_at"])
    return subscription


def delete_subscription(*, subscription_id: int) -> None:
    """Delete a standing import and its runs; imported events stay. Raises SubscriptionNotFound."""
    deleted, _ = Subscription.objects.filter(pk=subscription_id).delete()
    if not deleted:
        raise SubscriptionNotFound
