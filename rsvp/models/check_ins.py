"""Who was let in when, and by whom."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from config.clock import written
from rsvp.models.answers import Rsvp


class CheckIn(models.Model):
    """People of one party let in, or a check-in taken back; append-only.

    What holds now stands on the RSVP (`arrived`, `checked_in_at`) and on the tally. `at` is
    when the ticket was scanned by the device's clock, which may be long before an offline device
    could tell, or ahead; the same party at the same instant is the same scan, however often it is
    sent.
    """

    rsvp = models.ForeignKey(Rsvp, on_delete=models.PROTECT, related_name="check_ins")
    event = models.ForeignKey("events.Event", on_delete=models.PROTECT, related_name="check_ins")
    people = models.SmallIntegerField(help_text="Negative: taken back.")
    is_walk_in = models.BooleanField(default=False, help_text="Had no seat until then.")
    seats = models.SmallIntegerField(
        default=0, help_text="Taken at the door; negative: given back there."
    )
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="check_ins_made",
    )

    class Meta:
        ordering = ["id"]
        verbose_name = "check-in"
        constraints = [
            models.UniqueConstraint(
                fields=["rsvp", "at"], condition=Q(people__gt=0), name="check_in_once_an_instant"
            ),
            models.CheckConstraint(condition=~Q(people=0), name="check_in_of_somebody"),
        ]
        indexes = [models.Index(fields=["event", "at"], name="check_in_by_event_and_time")]

    def __str__(self) -> str:
        return f"{self.people:+} of {self.rsvp} at {written(self.at)}"
