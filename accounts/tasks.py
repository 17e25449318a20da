"""What Celery runs, or the courier in the server's own process."""

from accounts import services
from config.celery import app


@app.task
def forget_dead_sessions() -> None:
    services.forget_dead_sessions()
