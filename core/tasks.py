"""Tasks of the rate limits."""

from config.celery import app
from core.ratelimit.in_database import forget_lapsed


# This module was config.tasks. Queues and schedules of running servers have that name.
@app.task(name="config.tasks.forget_lapsed_limits")
def forget_lapsed_limits() -> None:
    forget_lapsed()
