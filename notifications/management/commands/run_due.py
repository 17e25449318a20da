"""`manage.py run_due`: run all due tasks once, in this process."""

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.background import run_here
from notifications.services import RELAY

LONGEST_S = 50.0  # cron calls it every minute


class Command(BaseCommand):
    help = (
        "Run all due tasks once, without a broker: reminders, announcements, deliveries. "
        "The server of `make run` does this by itself; with another server, call this from cron."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.CELERY_BROKER_URL:
            raise CommandError("CELERY_BROKER_URL is set: run `make worker` and `make beat`.")
        deadline = time.monotonic() + LONGEST_S
        # The relay runs last, because the other tasks write notifications.
        for task in sorted(settings.CELERY_BEAT_SCHEDULE, key=lambda name: name == RELAY):
            while run_here(task):  # a run is short, and returns whether more work is left
                if time.monotonic() > deadline:
                    self.stdout.write("Time is up. The next run continues.")
                    return
        self.stdout.write(self.style.SUCCESS("All due tasks are done."))
