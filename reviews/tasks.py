"""Background tasks of reviews."""

from config.celery import app, is_in_worker
from notifications.tasks import relay
from reviews import requests


@app.task
def ask_for_reviews() -> bool:
    """Write review requests for a quarter of a second; return whether there were any.

    If there were, another run looks for more.
    """
    written = requests.ask_for_reviews()
    if written:
        relay.delay()
        if is_in_worker():
            ask_for_reviews.delay()
    return written > 0
