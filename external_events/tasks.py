"""What Celery runs, or the courier in the server's own process."""

import time

from config.celery import app
from external_events.services import following, pictures, runs

# With a last one that takes its time still within a task's time limit.
_WORKS_S = 20
# Pictures have time, and mails may wait for the same worker.
_FETCHES_S = 5


@app.task
def work_on_runs() -> None:
    """Starts the standing imports that are due, and goes on with those under way."""
    runs.start_due_runs()
    until = time.monotonic() + _WORKS_S
    while time.monotonic() < until and (run := runs.claim_due()) is not None:
        runs.step(run)


@app.task
def look_at_imported() -> None:
    following.look_at_due(for_s=_WORKS_S)


@app.task
def fetch_banners() -> None:
    until = time.monotonic() + _FETCHES_S
    while time.monotonic() < until and pictures.fetch_next():
        pass
