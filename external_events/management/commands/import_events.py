"""`manage.py import_events`: what a search at a provider finds, imported while one watches."""

import time
from argparse import ArgumentTypeError
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from accounts.models import User
from external_events.models import ProviderName, Run, Subscription
from external_events.services.runs import claim_due, start_run, step, stop_run
from external_events.services.subscriptions import search_to_run

_LOOK_EVERY_S = 0.5


class Command(BaseCommand):
    help = "Import what a search at a provider finds. Ctrl-C stops it; what is imported stays."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--provider", choices=ProviderName.values, default="ticketmaster")
        parser.add_argument("--query", default="", help="words, such as jazz")
        parser.add_argument(
            "--location", default="", help="a city; 'City, CC' with its country's code"
        )
        parser.add_argument(
            "--limit", type=_from_one, help="look at so many events; all by default"
        )
        parser.add_argument("--days-ahead", type=int, default=365, help="365 by default")
        parser.add_argument(
            "--organizer", help="username of whose events they become; nobody's by default"
        )
        parser.add_argument("--dry-run", action="store_true", help="only count, write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        asked = ("provider", "query", "location", "limit", "days_ahead", "dry_run")
        details = {name: options[name] for name in asked}
        details["organizer"] = _organizer(options["organizer"])
        try:
            Subscription(**details).full_clean()
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        run, _ = start_run(subscription_id=search_to_run(details=details).pk)
        try:
            run = self._work(run, quiet=options["verbosity"] == 0)
        except KeyboardInterrupt:
            stop_run(run_id=run.pk)
            run.refresh_from_db()
        self._tell(run)

    def _work(self, run: Run, *, quiet: bool) -> Run:
        """A worker may take a page of it, too: it is watched, whoever does it."""
        with tqdm(total=None, unit=" events", disable=quiet or None) as bar:
            while run.state == Run.State.RUNNING:
                claimed = claim_due(run_id=run.pk)
                if claimed is not None:
                    step(claimed)
                else:
                    time.sleep(_LOOK_EVERY_S)
                run.refresh_from_db()
                bar.total = run.expected
                bar.set_postfix_str(run.error)
                bar.update(run.seen - bar.n)
        return run

    def _tell(self, run: Run) -> None:
        counts = ", ".join(f"{getattr(run, name)} {text}" for name, text in Run.COUNTS.items())
        told = f"{'Dry run: ' if run.dry_run else ''}{run.seen} events looked at: {counts}."
        if run.is_truncated:
            told += " The provider has more than it lets anybody page to: ask for less at once."
        self.stdout.write(told)
        if run.state == Run.State.FAILED:
            raise CommandError(run.error)
        if run.state == Run.State.STOPPED:
            raise CommandError("Stopped.")


def _organizer(username: str | None) -> User | None:
    if username is None:
        return None
    try:
        person = User.objects.get_by_natural_key(username)
    except User.DoesNotExist as error:
        raise CommandError(f"There is nobody called {username}.") from error
    if not (person.is_active and person.is_organizer):
        raise CommandError(f"{username} is no organizer.")
    return person


def _from_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError("Write a whole number from 1 up.")
    return int(text)
