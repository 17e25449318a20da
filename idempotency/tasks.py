"""Background tasks of stored responses."""

from config.celery import app
from idempotency.services import forget_old


@app.task
def forget_old_responses() -> None:
    forget_old()
