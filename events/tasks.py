"""What Celery runs, or the courier in the server's own process."""

from config.celery import app
from events.services import banners


@app.task
def sweep_banners() -> None:
    banners.sweep_banners()
