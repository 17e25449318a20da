"""Tasks of accounts."""

from accounts import snapshots
from accounts.services import address_changes, emails, erasure, login_places, pictures, sessions
from config.celery import app
from notifications.tasks import relay


@app.task
def answer_mail_requests() -> None:
    if emails.answer_mail_requests():
        relay()  # here: another task would make the user wait for the queue again


@app.task
def retry_stale_snapshots() -> None:
    snapshots.retry()


@app.task
def forget_dead_sessions() -> None:
    """Delete expired sessions and other expired login data."""
    sessions.forget_dead_sessions()
    sessions.forget_former_pairs()
    address_changes.forget_old_changes()
    login_places.forget_old_places()


@app.task
def sweep_pictures() -> None:
    pictures.sweep_pictures()


@app.task
def finish_erasures() -> None:
    """Continue interrupted erasures, each in a task, so that a failure stops no other."""
    for user_id in erasure.claim_due():
        finish_erasure.delay(user_id)


@app.task
def finish_erasure(user_id: int) -> None:
    erasure.finish_erasure(user_id=user_id)
