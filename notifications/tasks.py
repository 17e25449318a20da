"""What Celery runs, or the courier in the server's own process."""

import time

from config.celery import app, is_in_worker
from core.background import nudge_on_commit
from notifications import relay as outbox
from notifications.kinds import Channel
from notifications.services import RELAY

QUEUES = {Channel.EMAIL: "mail", Channel.SMS: "push", Channel.PUSH: "push"}
# For messages about accounts, which do not wait behind others. It is no new queue, because workers
# that were started before an upgrade serve only the old ones.
URGENT_QUEUE = "default"
# Of one run, and of one channel, so that other work of this process does not wait for a crowd or
# for a slow mail server.
LONGEST_S = 0.25


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
    """Take a portion of everything; return its size."""
    return outbox.plan_next() + sum(_hand_out(channel) for channel in Channel)


def _hand_out(channel: Channel) -> int:
    """Hand claimed deliveries to workers, or send them here; return their number."""
    deadline = time.monotonic() + LONGEST_S
    batch = outbox.claim_next(channel)
    handed_out = 0
    try:
        for delivery_id, is_urgent in batch:
            queue = URGENT_QUEUE if is_urgent else QUEUES[channel]
            deliver.apply_async([delivery_id], queue=queue, expires=outbox.CLAIM_S)
            handed_out += 1
            if time.monotonic() > deadline:
                break
    finally:
        if left := batch[handed_out:]:
            outbox.release([each.delivery_id for each in left])
    return len(batch)


@app.task
def deliver(delivery_id: int) -> None:
    """Send one delivery; a worker then plans and hands out the next ones, before the next sweep."""
    channel = outbox.deliver(delivery_id)
    if channel and is_in_worker() and outbox.has_room(channel):
        outbox.plan_next()
        _hand_out(channel)


@app.task
def forget_old() -> None:
    outbox.forget_old()
