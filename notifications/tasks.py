"""What Celery runs, or the courier in the server's own process."""

from config.celery import app
from notifications import relay as outbox
from notifications.models import Channel

QUEUES = {Channel.EMAIL: "mail", Channel.SMS: "push", Channel.PUSH: "push"}


@app.task
def relay() -> None:
    """Plan what is new, and have everything that is due delivered."""
    outbox.plan_all()
    for channel in Channel:
        for batch in outbox.claim_all(channel):
            for delivery_id in batch:
                deliver.apply_async([delivery_id], queue=QUEUES[channel], expires=outbox.CLAIM_S)


@app.task
def deliver(delivery_id: int) -> None:
    outbox.deliver(delivery_id)


@app.task
def forget_old() -> None:
    outbox.forget_old()
