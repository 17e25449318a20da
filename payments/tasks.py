"""Background tasks of payments. Without a broker the server runs them itself."""

from config.celery import app
from payments.services import work

# Together with the slow calls of a last row still within a task's time limit.
_WORKS_S = 15


@app.task
def work_on_payments() -> None:
    """Handle webhooks, send refunds, and end payments whose time is over."""
    work.work(for_s=_WORKS_S)
