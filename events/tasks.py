"""What Celery runs, or the courier in the server's own process."""

from config.celery import app
from events.series import creation
from events.services import banners


@app.task
def extend_series() -> None:
    """Writes out the dates of series that the horizon has come to."""
    creation.extend_all_series()


@app.task
def sweep_banners() -> None:
    banners.sweep_banners()
