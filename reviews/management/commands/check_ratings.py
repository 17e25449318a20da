"""`manage.py check_ratings`: do the ratings still equal the reviews?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reviews.selectors import rating_differences


class Command(BaseCommand):
    help = "Recounts every event's rating from its reviews and reports what does not fit."

    def handle(self, *args: Any, **options: Any) -> None:
        differences = 0
        for difference in rating_differences():
            differences += 1
            self.stdout.write(
                f"event {difference.event_id}: {difference.field} is {difference.rating}, "
                f"the reviews say {difference.rows}"
            )
        if differences:
            raise CommandError(f"{differences} differences found.")
        self.stdout.write(self.style.SUCCESS("Every rating equals its reviews."))
