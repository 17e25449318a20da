"""The tasks that Celery runs, or the background thread of the server."""

import time
from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter

from config.celery import app, is_in_worker
from core.background import nudge_on_commit
from notifications.kinds import Channel
from notifications.relay import claims, planning, sending
from notifications.services import RELAY

QUEUES = {Channel.EMAIL: "mail", Channel.SMS: "push", Channel.PUSH: "push"}
# For messages about accounts, which do not wait behind others. Not a new queue, because workers
# that were started before an upgrade serve only the old ones.
URGENT_QUEUE = "default"
# The longest time of one run and of one channel, so that other tasks of this process do not wait
# for a crowd or a slow mail server.
LONGEST_S = 0.25
BATCH = 20  # deliveries of one task, for example mails over one connection


@app.task
def relay() -> bool:
    """Plan new notifications and hand out due deliveries; return whether more are left.

    Ends after a quarter of a second. The rest is left to another run, and to the workers, which
    plan and hand out more after each delivery.
    """
    deadline = time.monotonic() + LONGEST_S
    while _advance():
        if time.monotonic() > deadline:
            nudge_on_commit(RELAY)
            return True
    return False


def _advance() -> int:
    """Process the next batches; return their size."""
    return planning.plan_next() + sum(_hand_out(channel) for channel in Channel)


def _hand_out(channel: Channel) -> int:
    """Hand claimed deliveries to workers, or send them here; return their number."""
    deadline = time.monotonic() + LONGEST_S
    claimed = claims.claim_next(channel)
    handed_out = 0
    try:
        for queue, delivery_ids in _batches(channel, claimed):
            deliver.apply_async([delivery_ids], queue=queue, expires=claims.CLAIM_S)
            handed_out += len(delivery_ids)
            if time.monotonic() > deadline:
                break
    finally:
        if left := claimed[handed_out:]:
            claims.release([each.delivery_id for each in left])
    return len(claimed)


def _batches(channel: Channel, claimed: list[claims.Claimed]) -> Iterator[tuple[str, list[int]]]:
    """Yield a queue and the deliveries of one task; urgent ones come first, and are separate."""
    for is_urgent, group in groupby(claimed, attrgetter("is_urgent")):
        delivery_ids = [each.delivery_id for each in group]
        for start in range(0, len(delivery_ids), BATCH):
            queue = URGENT_QUEUE if is_urgent else QUEUES[channel]
            yield queue, delivery_ids[start : start + BATCH]


@app.task
def deliver(delivery_ids: list[int] | int) -> None:
    """Send deliveries; a worker then plans and hands out the next ones, before the next sweep.

    A former version publishes one ID instead of a list.
    """
    ids = [delivery_ids] if isinstance(delivery_ids, int) else delivery_ids
    channel = sending.deliver(*ids, longest_s=LONGEST_S)
    if channel and is_in_worker() and claims.has_room(channel):
        planning.plan_next()
        _hand_out(channel)


@app.task
def forget_old() -> None:
    sending.forget_old()
