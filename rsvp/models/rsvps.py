"""RSVPs and the history of their changes."""

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Case, Exists, F, Func, OuterRef, Prefetch, Q, Sum, Value, When

from core.clock import written
from events.models import Tally
from payments.models import Refund

MOST_GUESTS = 9


# The position on the waitlist of a party with this event, number in the line, guests and ID: how
# many parties wait that have a position, itself included. Only waiting parties have a number. With
# ticket types, only parties count that wait for one of the same types.
POSITION = """(
    SELECT nullif(count(*), 0)
    FROM rsvp_rsvp AS ahead
        JOIN events_tally AS seats ON seats.event_id = ahead.event_id
        JOIN events_event AS visible ON visible.id = ahead.event_id
    WHERE ahead.event_id = {event} AND ahead.status = 'waitlisted' AND ahead.line_no <= {line_no}
        AND (seats.max_attendees IS NULL
            OR (seats.max_attendees > ahead.guests AND seats.max_attendees > {guests}))
        AND (NOT seats.has_ticket_types OR (
            EXISTS (
                SELECT 1 FROM rsvp_rsvpticket AS theirs
                    JOIN rsvp_rsvpticket AS same ON same.ticket_type_id = theirs.ticket_type_id
                WHERE theirs.rsvp_id = ahead.id AND same.rsvp_id = {rsvp}
            )
            AND NOT EXISTS (
                SELECT 1 FROM rsvp_rsvpticket AS large
                    JOIN events_typetally AS stock ON stock.ticket_type_id = large.ticket_type_id
                WHERE large.rsvp_id IN (ahead.id, {rsvp}) AND large.quantity > stock.quantity
            )
        ))
        AND visible.deleted_at IS NULL
)"""


class _Position(Func):
    output_field = models.IntegerField()

    def as_sql(self, compiler: Any, connection: Any, *_: Any, **context: Any) -> Any:
        columns = [compiler.compile(column)[0] for column in self.get_source_expressions()]
        names = ("event", "line_no", "guests", "rsvp")
        return POSITION.format(**dict(zip(names, columns, strict=True))), []


class RsvpQuerySet(models.QuerySet["Rsvp"]):
    def live(self) -> Self:
        return self.exclude(status=Rsvp.Status.CANCELLED)

    def own(self) -> Self:
        """Leave out walk-ins that are records for the organizer only.

        Every read for the person an RSVP is about, and for strangers, starts here or at
        `with_personal_status`.
        """
        return self.exclude(is_confirmed=False, own_status="")

    def of_person(self, user: Any) -> Self:
        """Return the RSVPs of one person, without unconfirmed walk-ins."""
        return self.filter(user=user).own()

    def existing(self) -> Self:
        """Leave out walk-ins that were undone without an RSVP of the person before them.

        Their rows only keep the history; there is no RSVP for the person or the organizer.
        """
        return self.exclude(status=Rsvp.Status.CANCELLED, is_confirmed=False, own_status="")

    def with_personal_status(self, *statuses: str) -> Self:
        """Return the RSVPs whose person chose one of these, whatever check-in recorded since."""
        chosen = Q(is_confirmed=True, status__in=statuses)
        # A walk-in never covers seats of the person's own, so `going` needs no check.
        if without_seats := [status for status in statuses if status != Rsvp.Status.GOING]:
            chosen |= Q(is_confirmed=False, own_status__in=without_seats)
        return self.filter(chosen)

    def waiting(self) -> Self:
        """Return the waitlist in its order."""
        return self.filter(status=Rsvp.Status.WAITLISTED).order_by("line_no")

    def waiting_for(self, tally: Tally) -> Self:
        """Return the waiting parties of an event that fit its limit."""
        waiting = self.waiting().filter(event=tally.pk)
        limit = tally.max_attendees
        return waiting if limit is None else waiting.filter(guests__lt=limit)

    def with_position(self) -> Self:
        """Annotate `waitlist_position`: the place among the waiting parties that fit the limit.

        It is None for all others, also for a party that is larger than a lowered limit.
        """
        return self.annotate(waitlist_position=_Position("event_id", "line_no", "guests", "id"))

    def with_has_tickets(self) -> Self:
        """Annotate `has_tickets`: whether the party has tickets of types, or waits for them."""
        tickets: Any = Rsvp._meta.get_field("tickets").related_model
        return self.annotate(has_tickets=Exists(tickets.objects.filter(rsvp=OuterRef("pk"))))

    def with_tickets(self) -> Self:
        """Load the tickets of these parties in their order of display, with one query a page."""
        tickets: Any = Rsvp._meta.get_field("tickets").related_model
        ordered = tickets.objects.select_related("ticket_type").order_by(
            "ticket_type__position", "ticket_type"
        )
        return self.prefetch_related(Prefetch("tickets", ordered))

    def with_shown_status(self) -> Self:
        """Annotate `shown_status`: the person's own status, or cancelled for a deleted event."""
        is_deleted = When(event__deleted_at__isnull=False, then=Value(Rsvp.Status.CANCELLED))
        is_unconfirmed = When(is_confirmed=False, then=F("own_status"))
        return self.annotate(shown_status=Case(is_deleted, is_unconfirmed, default=F("status")))

    def people(self) -> int:
        """Return the number of people in these parties, guests included."""
        total: int | None = self.aggregate(total=Sum(F("guests") + 1))["total"]
        return total or 0


class Rsvp(models.Model):
    """One person's RSVP for one event: one row, reused after a cancellation.

    Written by `rsvp.services` only. It may hold seats, so it is never cascaded away. `line_no` is
    the order on the waitlist: ids and timestamps are assigned before the lock and do not show it.
    `status` and `guests` always describe the seats held. While `is_confirmed` is false they are a
    record for the organizer only (docs/adr/0013), and the person still sees `own_status` and
    `own_guests`, or nothing if they never RSVPed.
    """

    class Status(models.TextChoices):
        GOING = "going"
        INTERESTED = "interested"
        WAITLISTED = "waitlisted"
        PENDING_PAYMENT = "pending_payment"
        CANCELLED = "cancelled"

    event = models.ForeignKey(
        "events.Event",
        on_delete=models.PROTECT,
        related_name="rsvps",
        db_index=False,  # the constraint of one RSVP per person begins with it
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="rsvps"
    )
    status = models.CharField(max_length=15, choices=Status)
    guests = models.PositiveSmallIntegerField(
        default=0, validators=[MaxValueValidator(MOST_GUESTS)]
    )
    line_no = models.PositiveBigIntegerField(null=True, blank=True, editable=False)
    ticket_no = models.PositiveIntegerField(
        default=0, editable=False, help_text="Number of earlier tickets. Their codes are void."
    )
    arrived = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="People of the party who were checked in."
    )
    checked_in_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Time of the first check-in."
    )
    is_confirmed = models.BooleanField(
        "confirmed",
        default=True,
        editable=False,
        help_text="No for a walk-in by ID or name that the person has not confirmed.",
    )
    own_status = models.CharField(
        max_length=15,
        choices=Status,
        blank=True,
        default="",
        editable=False,
        help_text="Status the person chose before an unconfirmed walk-in. Empty for none.",
    )
    own_guests = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="Guests that belong to the person's own status."
    )
    code = models.ForeignKey(
        "events.DiscountCode",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        editable=False,
        related_name="rsvps",
        db_index=False,  # few have one: the index below holds them
        help_text="Discount code of the party's tickets.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    # Set by the queries and services that need them.
    waitlist_position: int | None
    has_tickets: bool
    pay_by: datetime  # of a promotion that must be paid
    refund: Refund | None = None  # for tickets that this change gave back
    shown_status: str

    objects = RsvpQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name = "RSVP"
        verbose_name_plural = "RSVPs"
        constraints = [
            models.UniqueConstraint(fields=["event", "user"], name="rsvp_one_per_person"),
            models.UniqueConstraint(
                fields=["event", "line_no"],
                condition=Q(status="waitlisted"),
                name="rsvp_one_place_in_line",
            ),
            models.CheckConstraint(
                condition=Q(status="waitlisted", line_no__isnull=False)
                | Q(~Q(status="waitlisted"), line_no__isnull=True),
                name="rsvp_waits_with_a_number",
            ),
            models.CheckConstraint(
                condition=Q(guests__lte=MOST_GUESTS), name="rsvp_guests_limited"
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "going",
                        "interested",
                        "waitlisted",
                        "pending_payment",
                        "cancelled",
                    ]
                ),
                name="rsvp_status_known",
            ),
            models.CheckConstraint(
                condition=Q(arrived=0, checked_in_at=None)
                | Q(
                    arrived__gte=1,
                    arrived__lte=F("guests") + 1,
                    status="going",
                    checked_in_at__isnull=False,
                ),
                name="rsvp_who_arrived_has_a_seat",
            ),
            models.CheckConstraint(
                condition=Q(is_confirmed=False) | Q(own_status="", own_guests=0),
                name="rsvp_own_status_while_unconfirmed",
            ),
        ]
        indexes = [
            models.Index(
                # People and parties are there so that analytics count inside the index.
                fields=["event", "status", "id", "user", "guests"],
                name="rsvp_by_event_and_status",
            ),
            models.Index(
                # Few are unconfirmed: `rsvp.attendance` sums their people inside the index.
                fields=["event", "guests"],
                name="rsvp_unconfirmed_by_event",
                condition=Q(is_confirmed=False),
            ),
            models.Index(fields=["code"], name="rsvp_by_code", condition=Q(code__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.user.username} {self.status} {self.event}"

    @property
    def party(self) -> int:
        """Return the number of people, guests included."""
        return 1 + self.guests

    @property
    def is_own(self) -> bool:
        """Whether the person ever RSVPed to this event, or confirmed a walk-in."""
        return self.is_confirmed or self.own_status != ""

    @property
    def is_unconfirmed_walk_in(self) -> bool:
        return not self.is_confirmed and self.status == self.Status.GOING

    @property
    def personal_status(self) -> str:
        return self.status if self.is_confirmed else self.own_status

    @property
    def personal_guests(self) -> int:
        return self.guests if self.is_confirmed else self.own_guests

    @property
    def personal_checked_in_at(self) -> datetime | None:
        return self.checked_in_at if self.is_confirmed else None

    @property
    def reached_at(self) -> str | None:
        """Return the email address for organizers; None if erased or only admitted as a walk-in.

        Otherwise an organizer could read every address by admitting walk-ins.
        """
        return self.user.reached_at if self.is_own else None

    @property
    def is_live(self) -> bool:
        return self.status not in ("", self.Status.CANCELLED)


# A party has seats also while its payment is awaited, and a place while it waits.
HAS_SEATS = (Rsvp.Status.GOING, Rsvp.Status.PENDING_PAYMENT)
HAS_PLACE = (*HAS_SEATS, Rsvp.Status.WAITLISTED)


class RsvpChange(models.Model):
    """One change of an RSVP; append-only.

    RSVP rows are overwritten, so RSVPs per day, cancellations and waitlist conversion are counted
    from this history.
    """

    rsvp = models.ForeignKey(Rsvp, on_delete=models.PROTECT, related_name="changes")
    event = models.ForeignKey(
        "events.Event",
        on_delete=models.PROTECT,
        related_name="changes",
        db_index=False,  # the index by event and time begins with it
    )
    from_status = models.CharField(
        max_length=15, choices=Rsvp.Status, blank=True, help_text="Empty for the first RSVP."
    )
    to_status = models.CharField(max_length=15, choices=Rsvp.Status)
    guests = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    class Meta:
        db_table = "rsvp_answer"
        ordering = ["id"]
        verbose_name = "RSVP change"
        indexes = [
            models.Index(fields=["event", "at"], name="answer_by_event_and_time"),
            models.Index(
                # Small: an RSVP of `going` or `interested` that never changes is not in it.
                fields=["event", "rsvp", "from_status", "to_status"],
                name="answer_of_line_or_leaving",
                condition=Q(from_status__in=["going", "waitlisted"]) | Q(to_status="waitlisted"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_status or 'new'} → {self.to_status} at {written(self.at)}"
