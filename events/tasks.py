"""Background tasks of events."""

from config.celery import app
from events.series.extension import extend_all_series as extend_all
from events.services import banners


@app.task
def extend_series() -> None:
    """Add the occurrences of series up to the horizon."""
    extend_all()


@app.task
def sweep_banners() -> None:
    banners.sweep_banners()
