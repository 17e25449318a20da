from django.db import migrations, models


def is_all_day() -> models.BooleanField:
    return models.BooleanField(
        "all day",
        db_default=False,
        default=False,
        help_text="Whether the event lasts whole days of its time zone, without times of day.",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0016_requires_verified_email"),
    ]

    operations = [
        migrations.AddField("event", "is_all_day", is_all_day()),
        migrations.AddField("series", "is_all_day", is_all_day()),
        migrations.AlterField(
            "series",
            "duration",
            models.DurationField(
                help_text="Elapsed time, also across clock changes; whole days of all-day series."
            ),
        ),
    ]
