"""What Celery runs, or the courier in the server's own process."""

from config.celery import app
from rsvp import announcements, digest, reminders, services


@app.task
def fan_out() -> None:
    announcements.fan_out()


@app.task
def remind() -> None:
    reminders.write_due_reminders()


@app.task
def send_digests() -> None:
    digest.write_digests()


@app.task
def free_seats_of_inactive() -> None:
    """Ends deactivations that were cut off between locking out and giving seats back."""
    services.free_seats_of_inactive()
