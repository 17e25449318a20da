from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0012_fill_ratings"),
        ("rsvp", "0007_tickets_and_check_ins"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(model_name="rsvp", name="rsvp_by_event_and_status"),
        migrations.AddIndex(
            model_name="rsvp",
            index=models.Index(
                fields=["event", "status", "id", "user", "guests"],
                name="rsvp_by_event_and_status",
            ),
        ),
        migrations.AddIndex(
            model_name="answer",
            index=models.Index(
                fields=["event", "rsvp", "from_status", "to_status"],
                name="answer_of_line_or_leaving",
                condition=models.Q(from_status__in=["going", "waitlisted"])
                | models.Q(to_status="waitlisted"),
            ),
        ),
    ]
