"""Seats of events."""

from django.db import models
from django.db.models import F, Q

from events.models.events import Event

MOST_SEATS = 2**31 - 1  # the maximum of the column

# A new attendee would join the waitlist; the same condition as `is_full`.
_FULL = Q(tickets_left=0) | (
    Q(max_attendees__isnull=False)
    & (
        Q(max_attendees__lte=F("going") + F("held"))
        | Q(has_ticket_types=False, waiting__gt=F("passed_over"))
    )
)


def is_full(
    max_attendees: int | None,
    taken: int,
    waiting: int,
    passed_over: int,
    has_ticket_types: bool,
    tickets_left: int | None,
) -> bool:
    """Return whether a new attendee would join the waitlist; `taken` are seats, held ones included.

    With ticket types, parties that wait for one of them do not make the others unavailable.
    """
    if tickets_left == 0:
        return True
    has_waiting = not has_ticket_types and waiting > passed_over
    return max_attendees is not None and (taken >= max_attendees or has_waiting)


def spots_left(max_attendees: int | None, taken: int, tickets_left: int | None) -> int | None:
    """Return the number of free seats; None without a limit."""
    seats = None if max_attendees is None else max_attendees - taken
    limits = [limit for limit in (seats, tickets_left) if limit is not None]
    return min(limits, default=None)


class Tally(models.Model):
    """The seat limit of one event and its counts of people, guests included.

    A narrow row of its own, because every RSVP rewrites it (docs/adr/0002). The limit and the count
    are in the same row, so that a CHECK can refuse an oversold event. Every change of seats locks
    this row first. `rsvp.services` writes the counts, and `events.services` the limit.
    """

    event = models.OneToOneField(Event, on_delete=models.CASCADE, primary_key=True)
    max_attendees = models.PositiveIntegerField(null=True, blank=True)
    going = models.PositiveIntegerField(default=0)
    held = models.PositiveIntegerField(
        default=0, db_default=0, help_text="People whose payment is awaited."
    )
    interested = models.PositiveIntegerField(default=0)
    waiting = models.PositiveIntegerField(default=0)
    passed_over = models.PositiveIntegerField(
        default=0, help_text="Waiting people in parties larger than the limit."
    )
    waitlist_length = models.PositiveIntegerField(
        null=True,
        blank=True,
        default=0,
        help_text="Waiting parties with a position. Empty: to be counted (docs/adr/0031).",
    )
    has_ticket_types = models.BooleanField(default=False, db_default=False)
    tickets_left = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Free tickets of types that are not hidden. Empty: no limit or no types.",
    )
    next_in_line = models.PositiveBigIntegerField(default=1)
    arrived = models.PositiveIntegerField(default=0, help_text="Checked-in people.")
    check_in_closed_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Time at which the organizer closed check-in. Empty: not closed.",
    )

    class Meta:
        verbose_name_plural = "tallies"
        constraints = [
            models.CheckConstraint(
                condition=Q(max_attendees=None) | Q(max_attendees__gte=F("going") + F("held")),
                name="tally_not_oversold",
            ),
            models.CheckConstraint(
                condition=Q(max_attendees=None) | Q(max_attendees__gte=1),
                name="tally_limit_at_least_one",
            ),
            models.CheckConstraint(
                condition=Q(passed_over__lte=F("waiting")), name="tally_passed_over_are_waiting"
            ),
            models.CheckConstraint(
                condition=Q(waitlist_length=None)
                | Q(waitlist_length=0, waiting=F("passed_over"))
                | Q(waitlist_length__gt=0, waitlist_length__lte=F("waiting") - F("passed_over")),
                name="tally_waitlist_has_people",
            ),
            models.CheckConstraint(
                condition=Q(arrived__lte=F("going")), name="tally_who_arrived_has_a_seat"
            ),
        ]
        indexes = [
            models.Index(fields=["-going", "-interested", "event"], name="tally_by_popularity"),
            models.Index(fields=["event"], name="tally_of_full_events", condition=_FULL),
        ]

    FULL = _FULL

    def __str__(self) -> str:
        held = f", {self.held} held" if self.held else ""
        return f"{self.going} of {self.max_attendees or '∞'}{held}"

    @property
    def is_full(self) -> bool:
        return is_full(
            self.max_attendees, self.taken, self.waiting, self.passed_over,
            self.has_ticket_types, self.tickets_left,
        )  # fmt: skip

    @property
    def spots_left(self) -> int | None:
        return spots_left(self.max_attendees, self.taken, self.tickets_left)

    @property
    def taken(self) -> int:
        """Return the seats that nobody else can have: those of people going, and held ones."""
        return self.going + self.held

    @property
    def seats_left(self) -> int | None:
        """Return the free seats of the event, whatever the ticket types; None without a limit."""
        return None if self.max_attendees is None else self.max_attendees - self.taken

    def has_room_for(self, people: int) -> bool:
        return self.seats_left is None or people <= self.seats_left

    def can_ever_hold(self, people: int) -> bool:
        return self.max_attendees is None or people <= self.max_attendees

    def add_waiting_parties(self, number: int) -> None:
        """Change the length of the waitlist, unless it is to be counted."""
        if self.waitlist_length is not None:
            self.waitlist_length += number
