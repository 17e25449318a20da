"""What Celery runs, or the courier in the server's own process."""

from config.celery import app
from notifications.tasks import relay
from reviews import requests


@app.task
def ask_for_reviews() -> None:
    if requests.ask_for_reviews():
        relay.delay()
