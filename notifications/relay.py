"""The way of a message from the outbox to its provider.

Planned: its person's wishes decide to which addresses it goes, a delivery
each. Claimed by the relay (`FOR UPDATE SKIP LOCKED`, so that two relays never
take the same) and handed to a worker, which claims it once more for itself
before it sends. A claim lapses: whoever dies over a delivery loses nothing,
and the next sweep hands it out again.

Both work by priority and in small portions, so that a later and more urgent
message overtakes a crowd.

Sending cannot be exactly once: a process that is killed between the
provider's answer and our mark sends again after the claim has lapsed. That
window is the only one, and a mail then has the same Message-ID.

No transaction spans a network call.
"""

import random
import re
import time
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from notifications import channels, kinds, quotas
from notifications.channels import Reach
from notifications.kinds import Channel, Priority, UnknownKindError
from notifications.models import Delivery, DeliveryQuerySet, Notification
from notifications.selectors import Wishes, channel_wishes

logger = structlog.get_logger(__name__)

Status = Delivery.Status
CLAIM_S: int = settings.DELIVERY_CLAIM_S
# Deliveries of one channel that workers may have; those about accounts are counted separately.
# Few, because urgent ones wait behind them, and enough for twenty processes.
MOST_CLAIMED = 50
# One delivery in so many is taken by its age, so that urgent messages never stop crowds.
_SHARE_BY_AGE = 10
_BATCH = 200  # takes a fraction of a second, so that urgent messages come in between
_URL = re.compile(r"https?:\S+", re.IGNORECASE)
_MARK_PAUSES_S = (0.2, 0.5, 1, 2, 3, 4, 5, 5)


class Claimed(NamedTuple):
    delivery_id: int
    is_urgent: bool


def plan_all() -> int:
    """Plan the deliveries of every new notification; return the number of notifications."""
    planned = 0
    while batch := plan_next():
        planned += batch
    return planned


def plan_next() -> int:
    """Plan the most urgent new notifications, up to two hundred; return their number."""
    return _plan_batch() if Notification.objects.unplanned().exists() else 0


@transaction.atomic
def _plan_batch() -> int:
    unplanned = Notification.objects.unplanned().select_related("user").order_by("priority", "id")
    batch = list(unplanned.select_for_update(skip_locked=True, of=("self",), no_key=True)[:_BATCH])
    now = timezone.now()
    wanted = [n for n in batch if n.user.is_active and n.is_useful(now)]
    Delivery.objects.bulk_create(_deliveries(wanted, now), ignore_conflicts=True)
    Notification.objects.filter(pk__in=[n.pk for n in batch]).update(planned_at=now)
    return len(batch)


def _deliveries(notifications: list[Notification], now: datetime) -> list[Delivery]:
    users = {notification.user_id: notification.user for notification in notifications}
    wishes = channel_wishes(list(users))
    return [
        Delivery(
            notification=notification,
            channel=channel,
            priority=notification.priority,
            address=address,
            status=Status.SKIPPED if obstacle else Status.PENDING,
            error=obstacle,
            due_at=_not_before(channel, wishes[notification.user_id], notification, now),
        )
        for channel, reach in _reach(list(users.values())).items()
        for notification in notifications
        if wishes[notification.user_id].wants(notification.kind, channel)
        for address, obstacle in _reached(notification, channel, reach)
    ]


def _reached(
    notification: Notification, channel: str, reach: dict[int, list[Reach]]
) -> list[Reach]:
    """Return the recipient: the address in the delivery, or the person's.

    No obstacle stops a message about the account.
    """
    if notification.email:
        return [Reach(notification.email)] if channel == Channel.EMAIL else []
    reached = reach.get(notification.user_id, [])
    if kinds.get(notification.kind).is_about_account:
        return [Reach(each.address) for each in reached]
    return reached


def _reach(users: list[Any]) -> dict[Channel, dict[int, list[Reach]]]:
    """Of each channel that is on: where it reaches whom."""
    modules = {channel: channels.module(channel) for channel in Channel}
    return {channel: module.reach(users) for channel, module in modules.items() if module.is_on()}


def _not_before(
    channel: Channel, wishes: Wishes, notification: Notification, now: datetime
) -> datetime:
    """Now, or the end of the person's quiet hours, which hold back what makes a noise."""
    is_awaited = kinds.get(notification.kind).is_about_account
    is_noisy = channel in (Channel.SMS, Channel.PUSH) and not is_awaited
    quiet_until = wishes.quiet_until(now, notification.user.timezone) if is_noisy else None
    return quiet_until or now


def claim_next(channel: Channel) -> list[Claimed]:
    """Claim due deliveries, the most urgent first; they are the caller's until the claim lapses.

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
                batch.reverse()  # also where the sender comes to the first of them only
        Delivery.objects.filter(pk__in=urgent + batch).update(
            status=Status.PENDING, is_claimed=True, due_at=now + timedelta(seconds=CLAIM_S)
        )
    return [Claimed(pk, True) for pk in urgent] + [Claimed(pk, False) for pk in batch]


def has_room(channel: Channel) -> bool:
    """Return whether workers have sent half of the deliveries that they had."""
    return _room(channel, timezone.now())[1] > 0


def _room(channel: Channel, now: datetime) -> tuple[int, int]:
    """Return how many deliveries may be claimed: about accounts, and others.

    The number of the others is 0 until half of them are sent, so that they are claimed in portions.
    """
    in_hand = (
        Delivery.objects.claimed(now)
        .filter(channel=channel)
        .aggregate(
            urgent=Count("pk", filter=Q(priority=Priority.ACCOUNT)),
            others=Count("pk", filter=~Q(priority=Priority.ACCOUNT)),
        )
    )
    room = MOST_CLAIMED - in_hand["others"]
    return max(MOST_CLAIMED - in_hand["urgent"], 0), room if room >= MOST_CLAIMED / 2 else 0


def _ids(deliveries: DeliveryQuerySet, number: int) -> list[int]:
    return list(deliveries.values_list("id", flat=True)[:number]) if number else []


def release(delivery_ids: list[int]) -> None:
    """Give back what was claimed and not handed out."""
    Delivery.objects.filter(pk__in=delivery_ids, status=Status.PENDING).update(
        is_claimed=False, due_at=timezone.now()
    )


def deliver(delivery_id: int) -> Channel | None:
    """Send one delivery, unless it was sent already or another process sends it.

    Return its channel; None if there was nothing to do.
    """
    delivery = _claim(delivery_id)
    if delivery is None:
        return None
    _deliver(delivery)
    return Channel(delivery.channel)


def _deliver(delivery: Delivery) -> None:
    with structlog.contextvars.bound_contextvars(
        delivery_id=delivery.pk, request_id=delivery.notification.request_id
    ):
        if delivery.attempts > _most_attempts():
            _mark(delivery, status=Status.FAILED, error="Whoever sent it died each time.")
            return
        try:
            _attempt(delivery)
        except UnknownKindError as error:
            # A row of another version: after a rolling deploy, a process of that version sends it.
            logger.warning("delivery_of_unknown_kind", kind=str(error))
            _try_later(delivery, f"This version of the server does not know the kind {error}.")
        except channels.Refused as refusal:
            # The words stand in the row: they can hold the address, which the log must not.
            logger.warning("delivery_refused", channel=delivery.channel)
            _mark(delivery, status=Status.FAILED, error=_without_keys(delivery, refusal))
        except channels.NotNow as answer:
            logger.info("delivery_postponed", channel=delivery.channel)
            _try_later(delivery, _without_keys(delivery, answer))
        except (OperationalError, InterfaceError):
            raise  # our own database: the claim lapses, and then it is handed out again
        except Exception as error:  # noqa: BLE001  (a provider's library may raise anything)
            kind = type(error).__name__
            logger.warning("delivery_failed", channel=delivery.channel, error=kind)
            _try_later(delivery, _without_keys(delivery, error))


def _claim(delivery_id: int) -> Delivery | None:
    now = timezone.now()
    claimed = (
        Delivery.objects.filter(pk=delivery_id)
        .filter(Q(status=Status.PENDING) | Q(status=Status.SENDING, due_at__lte=now))
        .update(
            status=Status.SENDING,
            attempts=F("attempts") + 1,
            due_at=now + timedelta(seconds=CLAIM_S),
            is_claimed=True,
            updated_at=now,
        )
    )
    if not claimed:
        return None
    # None where its person was forgotten since.
    return Delivery.objects.select_related("notification__user").filter(pk=delivery_id).first()


def _attempt(delivery: Delivery) -> None:
    notification = delivery.notification
    now = timezone.now()
    wishes = channel_wishes([notification.user_id])[notification.user_id]
    why_not = _reason_to_skip(delivery, wishes, now)
    if why_not:
        _mark(delivery, status=Status.SKIPPED, error=why_not)
        return
    not_before = _not_before(Channel(delivery.channel), wishes, notification, now)
    if not_before > now:
        _mark(delivery, status=Status.PENDING, due_at=not_before, attempts=F("attempts") - 1)
        return
    # Retries were counted the first time.
    used_up = quotas.spend(delivery) if delivery.attempts == 1 else ""
    if used_up:
        logger.info("delivery_over_quota", channel=delivery.channel, kind=notification.kind)
        _mark(delivery, status=Status.SKIPPED, error=used_up)
        return
    channels.module(delivery.channel).send(delivery)
    logger.info("delivered", channel=delivery.channel, kind=notification.kind)
    _mark(delivery, status=Status.SENT, error="")


def _reason_to_skip(delivery: Delivery, wishes: Wishes, now: datetime) -> str:
    notification, user = delivery.notification, delivery.notification.user
    if not user.is_active:
        return "This account is not active."
    if not notification.is_useful(now):
        return "It was too late for this message."
    if not wishes.wants(notification.kind, delivery.channel):
        return "Your preferences turn this message off."
    reach = channels.module(delivery.channel).reach([user])
    obstacles = dict(_reached(notification, delivery.channel, reach))
    if delivery.address not in obstacles:
        return "This address is no longer yours."
    if obstacles[delivery.address]:
        return obstacles[delivery.address]
    kind = kinds.get(notification.kind)
    context = kind.context.read(notification.context)
    if kind.is_still_true and not kind.is_still_true(notification, context):
        return "A later change has replaced this message."
    return ""


def _without_keys(delivery: Delivery, error: Exception) -> str:
    """What the row keeps of an error.

    Of a mail whose link holds a key: a mail server may repeat the link, and an
    error of our own code may name the key.
    """
    is_answer = isinstance(error, channels.Refused | channels.NotNow)
    if kinds.get(delivery.notification.kind).link is None:
        return str(error) if is_answer else repr(error)
    return _URL.sub("…", str(error)) if is_answer else type(error).__name__


def _most_attempts() -> int:
    return 1 + len(settings.DELIVERY_PAUSES_S)


def _try_later(delivery: Delivery, error: str) -> None:
    pauses: list[int] = settings.DELIVERY_PAUSES_S
    if delivery.attempts >= _most_attempts():
        _mark(delivery, status=Status.FAILED, error=error)
        return
    pause_s = pauses[delivery.attempts - 1] * random.uniform(0.8, 1.2)
    due_at = timezone.now() + timedelta(seconds=pause_s)
    _mark(delivery, status=Status.PENDING, error=error, due_at=due_at)


def _mark(delivery: Delivery, **changes: Any) -> None:
    """Write down what came of it, also where the database is away for a moment.

    Giving up here would send the message a second time.
    """
    changes["error"] = changes.get("error", "")[:500].replace("\0", "")
    mine = Delivery.objects.filter(
        pk=delivery.pk, status=Status.SENDING, attempts=delivery.attempts
    )
    for pause_s in (*_MARK_PAUSES_S, None):
        try:
            mine.update(updated_at=timezone.now(), is_claimed=False, **changes)
        except (OperationalError, InterfaceError):
            if pause_s is None:
                raise
            close_old_connections()
            time.sleep(pause_s)
        else:
            return


def forget_old() -> int:
    """Delete what was told long ago, with its bodies and addresses; answers how many."""
    oldest = timezone.now() - timedelta(days=settings.NOTIFICATIONS_KEPT_DAYS)
    forgotten = 0
    while True:
        old = Notification.objects.filter(created_at__lt=oldest).exclude(
            deliveries__status__in=Delivery.OPEN
        )
        ids = list(old.values_list("pk", flat=True)[:_BATCH])
        if not ids:
            return forgotten
        Notification.objects.filter(pk__in=ids).delete()
        forgotten += len(ids)
