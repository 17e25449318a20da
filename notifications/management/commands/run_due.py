"""`manage.py run_due`: everything that is due, once, in this process."""

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.background import run_here
from notifications.services import RELAY

LONGEST_S = 50.0  # cron calls it every minute


class Command(BaseCommand):
    help = (
        "Without a broker: writes the reminders that are due, tells crowds, delivers messages. "
        "The server that `make run` starts does so by itself; under another one let cron call this."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.CELERY_BROKER_URL:
            raise CommandError("CELERY_BROKER_URL is set: `make worker` and `make beat` do this.")
        deadline = time.monotonic() + LONGEST_S
        # The relay comes last, for what the others write.
        for task in sorted(settings.CELERY_BEAT_SCHEDULE, key=lambda name: name == RELAY):
            while run_here(task):  # one run is short, and returns whether more is left
                if time.monotonic() > deadline:
                    self.stdout.write("The rest is left to the next run.")
                    return
        self.stdout.write(self.style.SUCCESS("Done all that was due."))
