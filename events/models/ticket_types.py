"""Ticket types of events, their quantities, and discount codes."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from core.money import MOST_AMOUNT, to_text
from events.models.events import Event

MOST_TICKET_TYPES = 50  # of one event
MOST_CODES = 1000  # of one event
MOST_TICKETS = 10  # of one party
MOST_POSITION = 2**15 - 1  # the maximum of the column
MOST_QUANTITY = 10_000_000  # of one type, so that the sum of all types fits its column


class TicketType(models.Model):
    """A kind of ticket that an event offers, free or for a price.

    Prices are in minor units of the currency (`core.money`). All types of an event with a currency
    have the same one.
    """

    event = models.ForeignKey(
        Event,
        on_delete=models.CASCADE,
        related_name="ticket_types",
        db_index=False,  # the index below begins with it
    )
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=1000, blank=True)
    price = models.PositiveIntegerField(
        default=0, validators=[MaxValueValidator(MOST_AMOUNT)], help_text="In minor units."
    )
    currency = models.CharField(max_length=3, blank=True, help_text="ISO 4217. Empty: free.")
    max_per_person = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(MOST_TICKETS)]
    )
    sales_open_at = models.DateTimeField(null=True, blank=True)
    sales_close_at = models.DateTimeField(null=True, blank=True)
    is_hidden = models.BooleanField(
        "hidden", default=False, help_text="Offered only to people with a code that unlocks it."
    )
    position = models.PositiveSmallIntegerField(default=0, help_text="Order of display.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(price=0) | ~Q(currency=""), name="ticket_type_price_has_currency"
            ),
            models.CheckConstraint(
                condition=Q(sales_open_at=None)
                | Q(sales_close_at=None)
                | Q(sales_close_at__gt=F("sales_open_at")),
                name="ticket_type_sales_close_after_opening",
            ),
        ]
        indexes = [models.Index(fields=["event", "position"], name="ticket_type_by_event")]

    def __str__(self) -> str:
        return self.name

    @property
    def price_text(self) -> str:
        """Return the price in the currency's own places, such as "12.50"."""
        return to_text(self.price, self.currency) if self.currency else "0.00"

    @property
    def available(self) -> int | None:
        """Return the number of tickets that have a seat; None without any limit."""
        limits = (self.tally.left, self.event.tally.seats_left)
        return min((limit for limit in limits if limit is not None), default=None)


class TypeTally(models.Model):
    """The limit of one ticket type and the number of its tickets with a seat.

    Written like `Tally`: limit and count are in one row, so that a CHECK can refuse an oversold
    type. Every change locks the event's tally first, then these rows in ascending order of their
    types (docs/adr/0034).
    """

    ticket_type = models.OneToOneField(
        TicketType, on_delete=models.CASCADE, primary_key=True, related_name="tally"
    )
    quantity = models.PositiveIntegerField(null=True, blank=True, help_text="Empty: no limit.")
    taken = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "tallies of ticket types"
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity=None) | Q(taken__lte=F("quantity")),
                name="type_tally_not_oversold",
            ),
            models.CheckConstraint(
                condition=Q(quantity=None) | Q(quantity__gte=1),
                name="type_tally_limit_at_least_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.taken} of {self.quantity or '∞'}"

    @property
    def left(self) -> int | None:
        """Return the number of free tickets; None without a limit."""
        return None if self.quantity is None else self.quantity - self.taken


class DiscountCode(models.Model):
    """A code that lowers the price of a party's tickets, unlocks hidden types, or both.

    `used` counts the RSVPs that have it, waiting parties included. It is written under the lock of
    the event's tally, and a CHECK keeps it within the limit.
    """

    event = models.ForeignKey(
        Event,
        on_delete=models.CASCADE,
        related_name="codes",
        db_index=False,  # the constraint below begins with it
    )
    code = models.CharField(max_length=40, help_text="Stored in upper case.")
    percent_off = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    amount_off = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_AMOUNT)],
        help_text="From the price of the whole party, in minor units.",
    )
    max_uses = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="Empty: no limit."
    )
    used = models.PositiveIntegerField(default=0, editable=False)
    valid_from = models.DateTimeField(null=True, blank=True)
    valid_until = models.DateTimeField(null=True, blank=True)
    unlocks = models.ManyToManyField(TicketType, blank=True, related_name="unlocked_by")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["event", "code"], name="code_once_an_event"),
            models.CheckConstraint(
                condition=Q(percent_off=None) | Q(amount_off=None), name="code_has_one_discount"
            ),
            models.CheckConstraint(
                condition=Q(percent_off=None) | Q(percent_off__range=(1, 100)),
                name="code_percent_in_range",
            ),
            models.CheckConstraint(
                condition=Q(max_uses=None) | Q(used__lte=F("max_uses")), name="code_not_overused"
            ),
        ]

    def __str__(self) -> str:
        return self.code
