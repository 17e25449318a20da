"""Hands due deliveries out, by priority and in batches that leave room for urgent ones."""

import random
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from notifications.kinds import Channel, Priority
from notifications.models import Delivery, DeliveryQuerySet

CLAIM_S: int = settings.DELIVERY_CLAIM_S
# Deliveries of one channel that workers may have; those about accounts are counted separately.
# Few, because urgent ones wait behind them, and enough for five processes. A slow mail server keeps
# more of them busy: a task hands back what it cannot send in a quarter of a second.
MOST_CLAIMED = 100
_SHARE_BY_AGE = 10  # one delivery in ten is taken by age, so that urgent messages never stop crowds


class Claimed(NamedTuple):
    delivery_id: int
    is_urgent: bool


def claim_next(channel: Channel) -> list[Claimed]:
    """Claim due deliveries, the most urgent first; they are the caller's until the claim expires.

    The number depends on the room that workers have. Messages about accounts have their own room.
    """
    now = timezone.now()
    room_for_urgent, room = _room(channel, now)
    due = Delivery.objects.due(now).filter(channel=channel)
    if not (room_for_urgent or room) or not due.exists():
        return []  # without a transaction, which on SQLite would lock out writers
    is_urgent = Q(priority=Priority.ACCOUNT)
    with transaction.atomic():
        locked = due.select_for_update(skip_locked=True, no_key=True)
        urgent = _ids(locked.filter(is_urgent).order_by("due_at"), room_for_urgent)
        others = locked.exclude(is_urgent)
        by_age = room // _SHARE_BY_AGE
        batch = _ids(others.order_by("priority", "due_at"), room - by_age)
        if by_age and len(batch) == room - by_age:
            batch += _ids(others.exclude(pk__in=batch).order_by("due_at"), by_age)
            if random.random() < 1 / _SHARE_BY_AGE:
                batch.reverse()  # for senders that have time only for the first delivery
        Delivery.objects.filter(pk__in=urgent + batch).update(
            status=Delivery.Status.PENDING, is_claimed=True, due_at=now + timedelta(seconds=CLAIM_S)
        )
    return [Claimed(pk, True) for pk in urgent] + [Claimed(pk, False) for pk in batch]


def has_room(channel: Channel) -> bool:
    """Return whether workers have sent half of the deliveries that they had."""
    return _room(channel, timezone.now())[1] > 0


def _room(channel: Channel, now: datetime) -> tuple[int, int]:
    """Return the numbers of deliveries that may be claimed: about accounts, and others.

    The number of the others is 0 until half of them are sent, so that they are claimed in batches.
    """
    is_urgent = Q(priority=Priority.ACCOUNT)
    claimed = Delivery.objects.claimed(now).filter(channel=channel)
    counts = claimed.aggregate(
        urgent=Count("pk", filter=is_urgent), others=Count("pk", filter=~is_urgent)
    )
    room = MOST_CLAIMED - counts["others"]
    return max(MOST_CLAIMED - counts["urgent"], 0), room if room >= MOST_CLAIMED / 2 else 0


def _ids(deliveries: DeliveryQuerySet, number: int) -> list[int]:
    return list(deliveries.values_list("id", flat=True)[:number]) if number else []


def release(delivery_ids: list[int]) -> None:
    """Return claimed deliveries that were not handed out."""
    Delivery.objects.filter(pk__in=delivery_ids, status=Delivery.Status.PENDING).update(
        is_claimed=False, due_at=timezone.now()
    )
