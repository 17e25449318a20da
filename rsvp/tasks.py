"""Background tasks of RSVPs."""

from config.celery import app, is_in_worker
from notifications.tasks import relay
from rsvp import services
from rsvp.messages import announcements, digest, reminders


@app.task
def fan_out() -> bool:
    """Write announced messages for a quarter of a second; return whether there were any.

    If there were, another run looks for more.
    """
    written = announcements.fan_out()
    if written:
        relay.delay()
        if is_in_worker():
            fan_out.delay()
    return written > 0


@app.task
def remind() -> None:
    if reminders.write_due_reminders():
        relay.delay()


@app.task
def send_digests() -> None:
    if digest.write_digests():
        relay.delay()


@app.task
def free_seats_of_inactive() -> None:
    """Complete deactivations that were interrupted before the seats were given back."""
    services.free_seats_of_inactive()
