"""What Celery runs, or the courier in the server's own process."""

import time

from config.celery import app
from notifications import relay as outbox
from notifications.models import Channel

QUEUES = {Channel.EMAIL: "mail", Channel.SMS: "push", Channel.PUSH: "push"}
# Of one run and channel: without a broker it delivers by itself, and neither reminders nor the
# other channels must wait for a slow mail server.
LONGEST_S = 5.0


@app.task
def relay() -> None:
    """Plan what is new, and have what is due delivered; what is left is for the next run."""
    outbox.plan_all()
    for channel in Channel:
        _hand_out(channel)


def _hand_out(channel: Channel) -> None:
    deadline = time.monotonic() + LONGEST_S
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
