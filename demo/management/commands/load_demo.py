"""`manage.py load_demo`: a city's calendar to look at, and as many events as a load test wants."""

from functools import partial
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm

from demo.calendar import PASSWORD, load_calendar, logins
from demo.crowd import BATCH, make_events


class Command(BaseCommand):
    help = "Adds the demo calendar, where it is missing; --events N tops up to N generated events."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--events", type=int, default=0, metavar="N")
        parser.add_argument(
            "--past", type=int, default=0, metavar="PERCENT", help="How many of them are over."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        bar = partial(tqdm, leave=False, disable=None)  # none where nobody looks at a terminal
        added = load_calendar(partial(bar, desc="Demo calendar", unit=" events"))
        self.stdout.write(f"Demo: {added} events added." if added else "Demo: all there.")
        if options["events"]:
            crowd_bar = partial(bar, desc="Generated", unit=f" × {BATCH} events")
            made = make_events(options["events"], crowd_bar, past_percent=options["past"])
            self.stdout.write(f"Generated: {made} added.")
        if settings.DEBUG:
            for role, username in logins().items():
                self.stdout.write(f"  log in as {role}: {username} / {PASSWORD}")
