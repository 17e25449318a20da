"""`manage.py check_tallies`: do the counts still equal the rows?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from rsvp.selectors import answers_of_inactive_people, tally_differences


class Command(BaseCommand):
    help = "Recounts every event's seats from its RSVPs and reports what does not fit."

    def handle(self, *args: Any, **options: Any) -> None:
        differences = 0
        for difference in tally_differences():
            differences += 1
            self.stdout.write(
                f"event {difference.event_id}: {difference.field} is {difference.tally}, "
                f"the rows say {difference.rows}"
            )
        for username in answers_of_inactive_people().values_list("user__username", flat=True):
            differences += 1
            self.stdout.write(f"{username} is inactive and still on an event: deactivate again")
        if differences:
            raise CommandError(f"{differences} differences found.")
        self.stdout.write(self.style.SUCCESS("Every count equals its rows."))
