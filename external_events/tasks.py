"""Celery tasks of external_events. Without a broker the server runs them itself."""

import time

from config.celery import app
from external_events.services import banners, runs, updates

# Together with a slow last request still within a task's time limit.
_WORKS_S = 20
# Shorter, because mails may wait for the same worker.
_FETCHES_S = 5


@app.task
def work_on_runs() -> None:
    """Start the standing imports that are due, and continue their current runs."""
    runs.start_due_runs()
    until = time.monotonic() + _WORKS_S
    while time.monotonic() < until and (run := runs.claim_due()) is not None:
        runs.step(run)


@app.task
def look_at_imported() -> None:
    updates.update_due_events(for_s=_WORKS_S)


@app.task
def fetch_banners() -> None:
    until = time.monotonic() + _FETCHES_S
    while time.monotonic() < until and banners.fetch_next_banner():
        pass
