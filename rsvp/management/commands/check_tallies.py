"""`manage.py check_tallies`: do the counts still equal the rows?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from rsvp.selectors import tally_differences


class Command(BaseCommand):
    help = "Recounts every event's seats from its RSVPs and reports each count that differs."

    def handle(self, *args: Any, **options: Any) -> None:
        differences = 0
        for difference in tally_differences():
            differences += 1
            self.stdout.write(
                f"event {difference.event_id}: {difference.field} is {difference.tally}, "
                f"the rows say {difference.rows}"
            )
        if differences:
            raise CommandError(f"{differences} counts differ from their rows.")
        self.stdout.write(self.style.SUCCESS("Every count equals its rows."))
