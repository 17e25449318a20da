"""Sends deliveries, each with a claim of its own, and deletes old notifications."""

import random
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections
from django.db.models import BigIntegerField, DateTimeField, F, Q
from django.utils import timezone

from core.database.statements import Parameter, Statement
from notifications import channels, kinds, quotas
from notifications.channels import DeliveryPostponed, DeliveryRefused, Recipient
from notifications.kinds import Channel, UnknownKindError
from notifications.models import Delivery, Notification
from notifications.relay.claims import CLAIM_S, release
from notifications.relay.planning import not_before, recipients
from notifications.selectors import EffectivePreferences, preferences_by_user

logger = structlog.get_logger(__name__)

Status = Delivery.Status
_BATCH = 200
_ID, _ATTEMPTS = (Parameter(name, BigIntegerField()) for name in ("id", "attempts"))
_NOW = Parameter("now", DateTimeField())
_URL = re.compile(r"https?:\S+", re.IGNORECASE)
_UPDATE_PAUSES_S = (0.2, 0.5, 1, 2, 3, 4, 5, 5)


@dataclass(frozen=True)
class _Batch:
    """What decides about several deliveries of one channel, read with one query each."""

    send: Callable[[Delivery], None]
    preferences: dict[int, EffectivePreferences]
    recipients: dict[int, list[Recipient]]


def deliver(*delivery_ids: int, longest_s: float = 0) -> Channel | None:
    """Send deliveries of one channel, unless they were sent already or others send them.

    Begins no new one after `longest_s`, and hands the rest back: a slow server must not keep them
    from other processes, and what was read about them gets old. Return the channel; None if there
    was nothing to do.
    """
    deadline = time.monotonic() + longest_s
    deliveries = _read(delivery_ids)
    if not deliveries:
        return None
    channel = Channel(deliveries[0].channel)
    people = {each.notification.user_id: each.notification.user for each in deliveries}
    module, taken = channels.module(channel), 0
    with module.sender() as send:
        batch = _Batch(
            send, preferences_by_user(list(people)), module.recipients(list(people.values()))
        )
        for position, delivery in enumerate(deliveries):
            if position and time.monotonic() > deadline:
                release([each.pk for each in deliveries[position:]])
                break
            if _claim(delivery):
                taken += 1
                _deliver(delivery, batch)
    return channel if taken else None


def _read(delivery_ids: Iterable[int]) -> list[Delivery]:
    """Return the deliveries, in this order, without those of people who were erased since."""
    rows = Delivery.objects.select_related("notification__user").in_bulk(list(delivery_ids))
    return [rows[pk] for pk in delivery_ids if pk in rows]


def _claim(delivery: Delivery) -> bool:
    """Claim one delivery, right before it is sent; return whether nobody else has.

    One by one: if the process dies, only the delivery that it was sending has lost an attempt.
    """
    now = timezone.now()
    claimed = _claim_of_one().update(
        id=delivery.pk,
        attempts=delivery.attempts,
        now=now,
        expires_at=now + timedelta(seconds=CLAIM_S),
    )
    delivery.attempts += claimed
    return bool(claimed)


@cache
def _claim_of_one() -> Statement:
    is_free = Q(status=Status.PENDING) | Q(status=Status.SENDING, due_at__lte=_NOW)
    return Statement.of_update(
        Delivery.objects.filter(is_free, pk=_ID, attempts=_ATTEMPTS),
        status=Status.SENDING,
        attempts=F("attempts") + 1,
        due_at=Parameter("expires_at", DateTimeField()),
        is_claimed=True,
        updated_at=_NOW,
    )


def _deliver(delivery: Delivery, batch: _Batch) -> None:
    with structlog.contextvars.bound_contextvars(
        delivery_id=delivery.pk, request_id=delivery.notification.request_id
    ):
        _send(delivery, batch)


def _send(delivery: Delivery, batch: _Batch) -> None:
    if delivery.attempts > _most_attempts():
        _update(delivery, status=Status.FAILED, error="The process died at each attempt.")
        return
    channel = delivery.channel
    try:
        _attempt(delivery, batch)
    except UnknownKindError as error:
        # A row of another version: during a rolling deploy, a process of that version sends it.
        logger.warning("delivery_of_unknown_kind", kind=str(error))
        _try_later(delivery, f"This version of the server does not know the kind {error}.")
    except DeliveryRefused as error:
        # Only the row has the provider's text: it can contain the address, which the log must not.
        logger.warning("delivery_refused", channel=channel)
        _update(delivery, status=Status.FAILED, error=_without_keys(delivery, error))
    except DeliveryPostponed as error:
        logger.info("delivery_postponed", channel=channel)
        _try_later(delivery, _without_keys(delivery, error))
    except (OperationalError, InterfaceError):
        raise  # our own database: the claim expires, and the delivery is handed out again
    except Exception as error:  # noqa: BLE001  (a provider's library may raise anything)
        logger.warning("delivery_failed", channel=channel, error=type(error).__name__)
        _try_later(delivery, _without_keys(delivery, error))


def _attempt(delivery: Delivery, batch: _Batch) -> None:
    notification = delivery.notification
    now = timezone.now()
    preferences = batch.preferences[notification.user_id]
    reason = _reason_to_skip(delivery, batch, now)
    if reason:
        _update(delivery, status=Status.SKIPPED, error=reason)
        return
    due_at = not_before(Channel(delivery.channel), preferences, notification, now)
    if due_at > now:
        _update(delivery, status=Status.PENDING, due_at=due_at, attempts=delivery.attempts - 1)
        return
    # Retries were counted the first time.
    used_up = quotas.spend(delivery) if delivery.attempts == 1 else ""
    if used_up:
        logger.info("delivery_over_quota", channel=delivery.channel, kind=notification.kind)
        _update(delivery, status=Status.SKIPPED, error=used_up)
        return
    batch.send(delivery)
    logger.info("delivered", channel=delivery.channel, kind=notification.kind)
    _update(delivery, status=Status.SENT)


def _reason_to_skip(delivery: Delivery, batch: _Batch, now: datetime) -> str:
    notification, user = delivery.notification, delivery.notification.user
    if not user.is_active:
        return "This account is not active."
    if not notification.is_useful(now):
        return "It was too late for this message."
    if not batch.preferences[user.pk].wants(notification.kind, delivery.channel):
        return "Your preferences turn this message off."
    obstacles = dict(recipients(notification, delivery.channel, batch.recipients))
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
    """Return the error for the row, without the key in the message's link.

    A mail server may repeat the link, and an error of our own code may contain the key.
    """
    is_response = isinstance(error, DeliveryRefused | DeliveryPostponed)
    if kinds.get(delivery.notification.kind).link is None:
        return str(error) if is_response else repr(error)
    return _URL.sub("…", str(error)) if is_response else type(error).__name__


def _most_attempts() -> int:
    return 1 + len(settings.DELIVERY_PAUSES_S)


def _try_later(delivery: Delivery, error: str) -> None:
    pauses: list[int] = settings.DELIVERY_PAUSES_S
    if delivery.attempts >= _most_attempts():
        _update(delivery, status=Status.FAILED, error=error)
        return
    pause_s = pauses[delivery.attempts - 1] * random.uniform(0.8, 1.2)
    due_at = timezone.now() + timedelta(seconds=pause_s)
    _update(delivery, status=Status.PENDING, error=error, due_at=due_at)


def _update(delivery: Delivery, *, error: str = "", **changes: Any) -> None:
    """Store the outcome, also if the database is down for a moment.

    Giving up here would send the message a second time.
    """
    changes["error"] = error[:500].replace("\0", "")
    values = {f"new_{name}": value for name, value in changes.items()}
    for pause_s in (*_UPDATE_PAUSES_S, None):
        try:
            _outcome(*changes).update(
                id=delivery.pk, attempts=delivery.attempts, now=timezone.now(), **values
            )
        except (OperationalError, InterfaceError):
            if pause_s is None:
                raise
            close_old_connections()
            time.sleep(pause_s)
        else:
            return


@cache
def _outcome(*names: str) -> Statement:
    """Return the UPDATE that ends our claim and sets these fields to `new_<name>`."""
    fields: Any = {field.name: field for field in Delivery._meta.concrete_fields}
    return Statement.of_update(
        Delivery.objects.filter(pk=_ID, attempts=_ATTEMPTS, status=Status.SENDING),
        is_claimed=False,
        updated_at=_NOW,
        **{name: Parameter(f"new_{name}", fields[name]) for name in names},
    )


def forget_old() -> int:
    """Delete old notifications with their texts and addresses; return their number."""
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
