"""The tickets of a party, at events with ticket types."""

from django.db import models
from django.db.models import Q

from events.models.ticket_types import MOST_TICKETS
from rsvp.models.rsvps import Rsvp


class RsvpTicket(models.Model):
    """How many tickets of one type a party has, or waits for.

    Only parties with seats or a place on the waitlist have such rows, and the quantities of a party
    add up to its people. `line_no` is the party's place on the waitlist: it stands here too, so
    that an index has the parties that wait for a type in their order.
    """

    rsvp = models.ForeignKey(
        Rsvp,
        on_delete=models.PROTECT,
        related_name="tickets",
        db_index=False,  # the constraint begins with it
    )
    ticket_type = models.ForeignKey(
        "events.TicketType", on_delete=models.PROTECT, related_name="sold"
    )
    quantity = models.PositiveSmallIntegerField()
    line_no = models.PositiveBigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["ticket_type_id"]
        constraints = [
            models.UniqueConstraint(fields=["rsvp", "ticket_type"], name="rsvp_ticket_once_a_type"),
            models.CheckConstraint(
                condition=Q(quantity__range=(1, MOST_TICKETS)), name="rsvp_ticket_quantity"
            ),
        ]
        indexes = [
            models.Index(
                fields=["ticket_type", "line_no", "quantity"],
                name="rsvp_ticket_waiting",
                condition=Q(line_no__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.ticket_type}"
