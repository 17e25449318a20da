"""Payments and their lines."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import User
from core import money
from events.models import RefundPolicy
from payments.models.work import Work


class PaymentQuerySet(models.QuerySet["Payment"]):
    def of_rsvp(self, rsvp_id: int) -> Self:
        return self.filter(rsvp_id=rsvp_id)

    def unended(self) -> Self:
        """Return those that can still become paid in time."""
        return self.filter(status__in=Payment.UNENDED)

    def received(self) -> Self:
        """Return those whose money came, also if it was given back."""
        return self.exclude(paid_at=None)

    def visible_to(self, user: User) -> Self:
        """Return what the person paid, what their events sold, and all of them for admins."""
        if user.may("view", Payment):
            return self
        return self.filter(Q(payer=user) | Q(event__created_by=user))


class Payment(Work):
    """The debt of one person for the tickets of one RSVP, as it was bought. Never deleted.

    Written by `payments.services` only, before the provider is called. Amounts are in minor units
    of the currency (`core.money`). `received_amount` is what the provider says that it took.

    `due_at` is when the sweep looks at it next: when the hold ends, at once after a cancellation,
    and from time to time while the provider still works on it.

    `state_version` keeps states of the provider in order: one that was fetched before another was
    recorded is not recorded, but fetched again.
    """

    class Status(models.TextChoices):
        OPEN = "open", "open"
        PROCESSING = "processing", "processing"
        PAID = "paid", "paid"
        PARTIALLY_REFUNDED = "partially_refunded", "partially refunded"
        REFUNDED = "refunded", "refunded"
        DISPUTED = "disputed", "disputed"
        EXPIRED = "expired", "expired"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    UNENDED = (Status.OPEN, Status.PROCESSING)
    ENDED = (Status.EXPIRED, Status.FAILED, Status.CANCELLED)

    event = models.ForeignKey(
        "events.Event",
        on_delete=models.PROTECT,
        related_name="payments",
        db_index=False,  # the index below begins with it
    )
    payer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="payments",
        db_index=False,  # the index below begins with it
    )
    rsvp_id = models.BigIntegerField("RSVP", help_text="ID of the RSVP.")
    status = models.CharField(max_length=20, choices=Status, default=Status.OPEN)
    amount = models.PositiveIntegerField(help_text="In minor units.")
    currency = models.CharField(max_length=3)
    received_amount = models.PositiveIntegerField(null=True, blank=True)
    received_currency = models.CharField(max_length=3, blank=True)
    refunded_amount = models.PositiveIntegerField(default=0)
    fee = models.IntegerField(null=True, blank=True, help_text="Of the provider.")
    provider = models.CharField(max_length=20)
    account = models.CharField(
        max_length=100, blank=True, help_text="Account of the payee. Empty: the platform's."
    )
    checkout_id = models.CharField(max_length=255, blank=True)
    provider_payment_id = models.CharField(max_length=255, blank=True)
    checkout_url = models.TextField(blank=True)
    expires_at = models.DateTimeField(help_text="End of the hold.")
    state_version = models.PositiveIntegerField(
        default=0, db_default=0, editable=False, help_text="Number of recorded states."
    )
    is_cancel_requested = models.BooleanField(default=False)
    refund_policy = models.CharField(max_length=10, choices=RefundPolicy, default=RefundPolicy.NONE)
    refund_until = models.DateTimeField(null=True, blank=True, help_text="Empty: no refunds.")
    refund_until_hours = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="Hours before the start, as they were bought."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    paid_at = models.DateTimeField(null=True, blank=True)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["rsvp_id"],
                condition=Q(status__in=["open", "processing"]),
                name="payment_one_open_per_rsvp",
            ),
            models.UniqueConstraint(
                fields=["provider", "checkout_id"],
                condition=~Q(checkout_id=""),
                name="payment_once_a_checkout",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount_positive"),
        ]
        indexes = [
            models.Index(fields=["event", "-id"], name="payment_by_event"),
            models.Index(fields=["payer", "-id"], name="payment_by_payer"),
            models.Index(fields=["rsvp_id", "-id"], name="payment_by_rsvp"),
            models.Index(fields=["provider_payment_id"], name="payment_by_provider_id"),
            models.Index(
                fields=["due_at"],
                name="payment_due",
                condition=Q(due_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Payment {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.OPEN

    @property
    def is_ended(self) -> bool:
        """Return whether nothing was paid, and nothing is expected any more."""
        return self.status in self.ENDED

    @property
    def open_url(self) -> str:
        """Return the page on which it can be paid; empty if it can't be paid any more."""
        return self.checkout_url if self.is_open else ""

    @property
    def is_as_asked(self) -> bool:
        """Return whether the provider took the amount and currency that we asked for."""
        return (self.received_amount, self.received_currency) == (self.amount, self.currency)

    def is_refundable_at(self, now: datetime) -> bool:
        """Return whether tickets that are given back at this time are refunded."""
        is_in_time = self.refund_until is not None and now < self.refund_until
        is_disputed = self.status == self.Status.DISPUTED
        return is_in_time and not is_disputed and not self.event.has_started(now)

    @property
    def status_by_refunds(self) -> str:
        """Return the status of received money, apart from disputes."""
        if not self.refunded_amount:
            return self.Status.PAID
        is_partial = self.refunded_amount < (self.received_amount or 0)
        return self.Status.PARTIALLY_REFUNDED if is_partial else self.Status.REFUNDED


class PaymentLineQuerySet(models.QuerySet["PaymentLine"]):
    def still_held(self) -> Self:
        """Return the lines of received payments whose tickets were not all given back."""
        return self.filter(payment__paid_at__isnull=False, returned__lt=F("quantity"))


class PaymentLine(models.Model):
    """Tickets of one type, at the price at which they were bought."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="lines")
    ticket_type = models.ForeignKey(
        "events.TicketType", on_delete=models.PROTECT, related_name="payment_lines"
    )
    quantity = models.PositiveSmallIntegerField()
    unit_amount = models.PositiveIntegerField()
    discount = models.PositiveIntegerField(default=0, help_text="Of the whole line.")
    returned = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        help_text="How many of the tickets the buyer gave back, with or without a refund.",
    )

    objects = PaymentLineQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gte=1), name="payment_line_quantity"),
            models.CheckConstraint(
                condition=Q(discount__lte=F("quantity") * F("unit_amount")),
                name="payment_line_discount",
            ),
            models.CheckConstraint(
                condition=Q(returned__lte=F("quantity")), name="payment_line_returned"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.ticket_type_id}"

    @property
    def amount(self) -> int:
        return self.quantity * self.unit_amount - self.discount

    @property
    def kept(self) -> int:
        """Return how many of the tickets the buyer still has."""
        return self.quantity - self.returned

    def amount_of(self, number: int) -> int:
        """Return what this many of the tickets cost, with their share of the discount.

        Shares are rounded down to what providers can pay out, so that all of them add up.
        """
        step = money.step(self.payment.currency)
        share = self.amount * number // self.quantity
        return share if self.amount % step else share // step * step
