"""`manage.py run_due`: everything that is due, once, in this process."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.courier import run_here
from notifications.services import RELAY


class Command(BaseCommand):
    help = (
        "Without a broker: writes the reminders that are due, tells crowds, delivers messages. "
        "The server that `make run` starts does so by itself; under another one let cron call this."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.CELERY_BROKER_URL:
            raise CommandError("CELERY_BROKER_URL is set: `make worker` and `make beat` do this.")
        # The relay comes last, for what the others write.
        for task in sorted(settings.CELERY_BEAT_SCHEDULE, key=lambda name: name == RELAY):
            run_here(task)
        self.stdout.write(self.style.SUCCESS("Done all that was due."))
