"""What Celery runs, or the courier in the server's own process."""

from accounts import snapshots
from accounts.services import emails, sessions
from config.celery import app


@app.task
def answer_mail_requests() -> None:
    emails.answer_mail_requests()


@app.task
def retry_stale_snapshots() -> None:
    snapshots.retry()


@app.task
def forget_dead_sessions() -> None:
    sessions.forget_dead_sessions()
