"""What Celery runs, or the courier in the server's own process."""

from config.celery import app
from events.services import banners, series


@app.task
def extend_series() -> None:
    """Writes out the dates of series that the horizon has come to."""
    series.extend_all_series()


@app.task
def sweep_banners() -> None:
    banners.sweep_banners()
