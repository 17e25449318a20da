from django.db import migrations, models
from django.db.models import Q

from core.database.operations import AddIndexConcurrently, RemoveIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("notifications", "0007_priorities")]

    operations = [
        AddIndexConcurrently(
            model_name="notification",
            index=models.Index(
                fields=["priority", "id"],
                name="notification_to_plan",
                condition=Q(planned_at=None),
            ),
        ),
        RemoveIndexConcurrently(model_name="notification", name="notification_unplanned"),
        AddIndexConcurrently(
            model_name="delivery",
            index=models.Index(
                fields=["channel", "priority", "due_at"],
                name="delivery_by_priority",
                condition=Q(status__in=["pending", "sending"]),
            ),
        ),
        AddIndexConcurrently(
            model_name="delivery",
            index=models.Index(
                fields=["channel", "due_at"],
                name="delivery_claimed",
                condition=Q(is_claimed=True, status__in=["pending", "sending"]),
            ),
        ),
    ]
