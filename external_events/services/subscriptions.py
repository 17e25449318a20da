"""Every write on standing imports."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from core import background
from external_events.exceptions import SubscriptionNotFound
from external_events.models import Subscription
from external_events.services.runs import WORK_ON_RUNS, next_run_after


@transaction.atomic
def create_subscription(*, details: dict[str, Any]) -> Subscription:
    """A standing import, which runs at once and then as often as it says; where that is `once`,
    or it is not active, it waits to be asked."""
    subscription = Subscription(**details)
    if next_run_after(subscription, timezone.now()) is not None:
        subscription.next_run_at = timezone.now()
        background.nudge_on_commit(WORK_ON_RUNS)
    subscription.save(force_insert=True)
    return subscription


@transaction.atomic
def search_to_run(*, details: dict[str, Any]) -> Subscription:
    """The standing import of exactly this that runs only when asked to: the one that is there
    already, or a new one."""
    whole = {"category": None, "limit": None, "dry_run": False, **details}
    whole["every"] = Subscription.Every.ONCE
    same = Subscription.objects.filter(**whole).order_by("pk").first()
    return same or create_subscription(details=whole)


@transaction.atomic
def update_subscription(*, subscription_id: int, changes: dict[str, Any]) -> Subscription:
    """Change a standing import; a run that is under way goes on with what it finds now.

    Another interval counts from the last run on. Raises SubscriptionNotFound.
    """
    rows = Subscription.objects.select_for_update(no_key=True)
    subscription = rows.filter(pk=subscription_id).first()
    if subscription is None:
        raise SubscriptionNotFound
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
    """With its runs; what it has imported stays. Raises SubscriptionNotFound."""
    deleted, _ = Subscription.objects.filter(pk=subscription_id).delete()
    if not deleted:
        raise SubscriptionNotFound
