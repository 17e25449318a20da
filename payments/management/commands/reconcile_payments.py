"""`manage.py reconcile_payments`: compare payments with what the providers say."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from payments.services.reconciliation import reconcile


class Command(BaseCommand):
    help = "Compares the payments of the last days with their providers and reports differences."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=7, help="Default: 7.")

    def handle(self, *args: Any, **options: Any) -> None:
        number = 0
        for comparison in reconcile(days=options["days"]):
            for difference in comparison.differences:
                number += 1
                self.stdout.write(
                    f"payment {comparison.payment.pk}: {difference.field} is {difference.ours}, "
                    f"the provider says {difference.theirs}"
                )
        if number:
            raise CommandError(f"{number} differences found.")
        self.stdout.write(self.style.SUCCESS("Every payment equals the provider's."))
