"""Count the waiting parties of each event in its tally.

The column stays empty: the next party that joins a waitlist counts it, under the lock. The trigger
empties it again when code that does not know the column changes the waitlist, which the previous
version of the code may still do (docs/adr/0031).
"""

from django.db import migrations, models
from django.db.models import F, Q

from core.database.operations import PostgresSQL


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0022_lists_by_index_alone"),
    ]

    operations = [
        migrations.AddField(
            model_name="tally",
            name="waitlist_length",
            field=models.PositiveIntegerField(
                null=True,
                blank=True,
                help_text="Waiting parties with a position. Empty: to be counted (docs/adr/0031).",
            ),
        ),
        # Only new objects have a default, not the rows that are here already.
        migrations.AlterField(
            model_name="tally",
            name="waitlist_length",
            field=models.PositiveIntegerField(
                null=True,
                blank=True,
                default=0,
                help_text="Waiting parties with a position. Empty: to be counted (docs/adr/0031).",
            ),
        ),
        PostgresSQL(
            """
            CREATE FUNCTION events_forget_waitlist_length() RETURNS trigger
            LANGUAGE plpgsql AS $$
            BEGIN
                NEW.waitlist_length := NULL;
                RETURN NEW;
            END
            $$;
            CREATE TRIGGER forget_waitlist_length BEFORE UPDATE ON events_tally
                FOR EACH ROW
                WHEN (
                    (NEW.waiting, NEW.passed_over) IS DISTINCT FROM (OLD.waiting, OLD.passed_over)
                    AND NEW.waitlist_length IS NOT DISTINCT FROM OLD.waitlist_length
                )
                EXECUTE FUNCTION events_forget_waitlist_length();
            """,
            """
            DROP TRIGGER forget_waitlist_length ON events_tally;
            DROP FUNCTION events_forget_waitlist_length();
            """,
        ),
        migrations.AddConstraint(
            model_name="tally",
            constraint=models.CheckConstraint(
                condition=Q(waitlist_length=None)
                | Q(waitlist_length=0, waiting=F("passed_over"))
                | Q(waitlist_length__gt=0, waitlist_length__lte=F("waiting") - F("passed_over")),
                name="tally_waitlist_has_people",
            ),
        ),
    ]
