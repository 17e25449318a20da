"""Tasks of the rate limits."""

from config.celery import app
from core.ratelimit.in_database import forget_lapsed


@app.task
def forget_lapsed_limits() -> None:
    forget_lapsed()
