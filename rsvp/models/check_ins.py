"""Check-ins, and the dates of moved events that they belong to."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.clock import written
from rsvp.models.rsvps import Rsvp


class FormerTimes(models.Model):
    """Start and end of an event before an edit replaced them; append-only.

    Scans that are sent late are checked against the times that were valid when they were made. Only
    times that can matter for that are kept (`rsvp.check_in.former_dates`).
    """

    event = models.ForeignKey(
        "events.Event",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,  # the index below begins with it
    )
    start_time = models.DateTimeField()
    end_time = models.DateTimeField()
    check_in_closed_at = models.DateTimeField(null=True, blank=True)
    replaced_at = models.DateTimeField()
    is_other_date = models.BooleanField(
        help_text="Whether the edit moved the event to another date. Earlier check-ins belong to "
        "this one."
    )

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "former times"
        indexes = [models.Index(fields=["event", "replaced_at"], name="former_times_by_event")]

    def __str__(self) -> str:
        return written(self.start_time)


class CheckInQuerySet(models.QuerySet["CheckIn"]):
    def current(self) -> Self:
        """Leave out check-ins for a date from which the event was moved."""
        return self.filter(former_times=None)


class CheckIn(models.Model):
    """A check-in of people of one party, or its undo; append-only.

    The present state is on the RSVP (`arrived`, `checked_in_at`) and on the tally. `at` is the time
    of the scan by the device's clock, which may be wrong; an offline device may send it much later.
    The same party at the same instant is the same scan, however often it is sent. Only
    `former_times` is written later, when the event is moved to another date.
    """

    rsvp = models.ForeignKey(Rsvp, on_delete=models.PROTECT, related_name="check_ins")
    event = models.ForeignKey("events.Event", on_delete=models.PROTECT, related_name="check_ins")
    people = models.SmallIntegerField(help_text="Negative for an undo.")
    is_walk_in = models.BooleanField(default=False, help_text="No seat before this check-in.")
    seats = models.SmallIntegerField(
        default=0, help_text="Seats taken by the walk-in. Negative for an undo."
    )
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="check_ins_made",
    )
    former_times = models.ForeignKey(
        FormerTimes,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="check_ins",
        db_index=False,  # read together with the event or the RSVP
        verbose_name="for the date",
        help_text="Date of the check-in, if the event was moved to another date later.",
    )
    status_before = models.CharField(
        max_length=15,
        choices=Rsvp.Status,
        blank=True,
        default="",
        db_default="",
        help_text="Status of the RSVP before a walk-in. Empty for none.",
    )
    guests_before = models.PositiveSmallIntegerField(default=0, db_default=0)
    tickets_before = models.JSONField(
        null=True,
        blank=True,
        help_text="Tickets before a walk-in: the quantity by the ID of the type.",
    )
    paid_at_the_door = models.BooleanField(
        default=False, db_default=False, help_text="The organizer took the money outside."
    )
    line_no_before = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="Place on the waitlist before a walk-in."
    )

    objects = CheckInQuerySet.as_manager()

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
