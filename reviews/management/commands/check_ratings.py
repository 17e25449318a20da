"""`manage.py check_ratings`: compare the ratings of events with their reviews."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reviews.selectors import rating_differences


class Command(BaseCommand):
    help = "Recounts every event's rating from its reviews and reports differences."

    def handle(self, *args: Any, **options: Any) -> None:
        differences = list(rating_differences())
        for difference in differences:
            self.stdout.write(
                f"event {difference.event_id}: {difference.field} is {difference.rating}, "
                f"the reviews say {difference.rows}"
            )
        if differences:
            raise CommandError(f"{len(differences)} differences found.")
        self.stdout.write(self.style.SUCCESS("Every rating equals its reviews."))
