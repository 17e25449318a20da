"""What Celery runs, or the courier in the server's own process."""

from config.celery import app, is_in_worker
from notifications.tasks import relay
from reviews import requests


@app.task
def ask_for_reviews() -> None:
    """Ends after half a second; where somebody was asked, another run looks for more."""
    if requests.ask_for_reviews():
        relay.delay()
        if is_in_worker():
            ask_for_reviews.delay()
