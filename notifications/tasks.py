"""What Celery runs, or the courier in the server's own process."""

import time

from config.celery import app
from notifications import relay as outbox
from notifications.models import Channel

QUEUES = {Channel.EMAIL: "mail", Channel.SMS: "push", Channel.PUSH: "push"}
# Of one run: without a broker it delivers by itself, and reminders must not wait for it.
LONGEST_S = 5.0


@app.task
def relay() -> None:
    """Plan what is new, and have what is due delivered; what is left is for the next run."""
    outbox.plan_all()
    deadline = time.monotonic() + LONGEST_S
    for channel in Channel:
        _hand_out(channel, deadline)


def _hand_out(channel: Channel, deadline: float) -> None:
    for batch in outbox.claim_all(channel):
        for position, delivery_id in enumerate(batch, start=1):
            deliver.apply_async([delivery_id], queue=QUEUES[channel], expires=outbox.CLAIM_S)
            if time.monotonic() > deadline:
                outbox.release(batch[position:])
                return


@app.task
def deliver(delivery_id: int) -> None:
    outbox.deliver(delivery_id)


@app.task
def forget_old() -> None:
    outbox.forget_old()
