"""Refunds."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from payments.models.payments import Payment
from payments.models.work import Work

LONGEST_REASON = 500


class Refund(Work):
    """Money of a payment that goes back. Written before the provider is called; never deleted.

    Refunds that were made in the provider's dashboard get a row too, with `requested_by` empty.
    """

    class Status(models.TextChoices):
        PENDING = "pending", "pending"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    amount = models.PositiveIntegerField(help_text="In minor units.")
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    reason = models.CharField(max_length=LONGEST_REASON, blank=True)
    provider_refund_id = models.CharField(max_length=255, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="refunds_requested",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_amount_positive"),
            models.UniqueConstraint(
                fields=["payment", "provider_refund_id"],
                condition=~Q(provider_refund_id=""),
                name="refund_once_at_provider",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="refund_due", condition=Q(due_at__isnull=False))
        ]

    def __str__(self) -> str:
        return f"Refund {self.pk} of payment {self.payment_id}"
