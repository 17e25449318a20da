"""`manage.py check_tallies`: compare the counts of seats and tickets with the RSVPs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from rsvp.recounts import tally_differences
from rsvp.selectors import rsvps_of_inactive_people


class Command(BaseCommand):
    help = "Recounts every event's seats, tickets and uses of codes, and reports differences."

    def handle(self, *args: Any, **options: Any) -> None:
        differences = [
            f"event {difference.event_id}: {difference.field} is {difference.tally}, "
            f"the rows say {difference.rows}"
            for difference in tally_differences()
        ]
        differences += [
            f"{username} is inactive and still has RSVPs: deactivate the account again"
            for username in rsvps_of_inactive_people().values_list("user__username", flat=True)
        ]
        for difference in differences:
            self.stdout.write(difference)
        if differences:
            raise CommandError(f"{len(differences)} differences found.")
        self.stdout.write(self.style.SUCCESS("Every count equals its rows."))
