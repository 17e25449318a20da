"""`manage.py import_events`: import the results of a search at a provider, with a progress bar."""

import time
from argparse import ArgumentTypeError
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from accounts.models import User
from external_events.models import Run, Subscription
from external_events.providers import PROVIDERS
from external_events.services.runs import claim_due, start_run, step, stop_run
from external_events.services.subscriptions import get_or_create_once

_POLL_EVERY_S = 0.5


class Command(BaseCommand):
    help = "Import the results of a search at a provider. Ctrl-C stops; imported events stay."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--provider", choices=list(PROVIDERS), default=next(iter(PROVIDERS)))
        parser.add_argument("--query", default="", help="search words, such as jazz")
        parser.add_argument(
            "--location", default="", help="a city, or 'City, CC' with the country's code"
        )
        parser.add_argument(
            "--limit", type=_positive_integer, help="maximum number of events; default: no limit"
        )
        parser.add_argument(
            "--days-ahead", type=int, default=365, help="number of days to search; default: 365"
        )
        parser.add_argument("--organizer", help="username of the owner; default: no owner")
        parser.add_argument("--dry-run", action="store_true", help="only count, write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        names = ("provider", "query", "location", "limit", "days_ahead", "dry_run")
        details = {name: options[name] for name in names}
        details["organizer"] = _find_organizer(options["organizer"])
        try:
            Subscription(**details).full_clean()
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        run, _ = start_run(subscription_id=get_or_create_once(details=details).pk)
        try:
            run = self._work(run, quiet=options["verbosity"] == 0)
        except KeyboardInterrupt:
            stop_run(run_id=run.pk)
            run.refresh_from_db()
        self._report(run)

    def _work(self, run: Run, *, quiet: bool) -> Run:
        """Work on the run and show its progress; a worker may process some of its pages."""
        with tqdm(total=None, unit=" events", disable=quiet or None) as bar:
            while run.state == Run.State.RUNNING:
                claimed = claim_due(run_id=run.pk)
                if claimed is not None:
                    step(claimed)
                else:
                    time.sleep(_POLL_EVERY_S)
                run.refresh_from_db()
                bar.total = run.expected
                bar.set_postfix_str(run.error)
                bar.update(run.seen - bar.n)
        return run

    def _report(self, run: Run) -> None:
        counts = ", ".join(f"{getattr(run, name)} {text}" for name, text in Run.COUNTS.items())
        report = f"{'Dry run: ' if run.dry_run else ''}{run.seen} events processed: {counts}."
        if run.is_truncated:
            report += " The provider has more results than its API returns: narrow the search."
        self.stdout.write(report)
        if run.state == Run.State.FAILED:
            raise CommandError(run.error)
        if run.state == Run.State.STOPPED:
            raise CommandError("Stopped.")


def _find_organizer(username: str | None) -> User | None:
    if username is None:
        return None
    try:
        user = User.objects.get_by_natural_key(username)
    except User.DoesNotExist as error:
        raise CommandError(f"There is no user named {username}.") from error
    if not (user.is_active and user.is_organizer):
        raise CommandError(f"{username} is not an active organizer.")
    return user


def _positive_integer(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError("Enter a whole number from 1 up.")
    return int(text)
