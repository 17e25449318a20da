"""`manage.py load_demo`: load the demo calendar, and generate events for load tests."""

from functools import partial
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm

from demo.catalogue import EVENTS
from demo.generated import BATCH, generate_events
from demo.loader import PASSWORD, load_demo, logins
from demo.sales import can_sell


class Command(BaseCommand):
    help = "Add missing demo data. With --events N, add generated events until there are N."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--events", type=int, default=0, metavar="N")
        parser.add_argument(
            "--past", type=int, default=0, metavar="PERCENT", help="Share of past events."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        bar = partial(tqdm, leave=False, disable=None)  # no bar without a terminal
        added = load_demo(partial(bar, desc="Demo calendar", unit=" events"))
        self.stdout.write(f"Demo: {added} events added." if added else "Demo: all there.")
        if not can_sell():
            number = sum(bool(entry.tickets) for entry in EVENTS)
            self.stdout.write(
                f"Left out: {number} events with prices. They need the test provider, which is on "
                "with DEBUG=on and without keys of other providers."
            )
        if options["events"]:
            crowd_bar = partial(bar, desc="Generated", unit=f" × {BATCH} events")
            made = generate_events(options["events"], crowd_bar, past_percent=options["past"])
            self.stdout.write(f"Generated: {made} added.")
        if settings.DEBUG:
            for role, username in logins().items():
                self.stdout.write(f"  log in as {role}: {username} / {PASSWORD}")
