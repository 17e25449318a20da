"""Webhooks that were received."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from payments.models.work import Work


class ProviderEvent(Work):
    """A webhook: what it is about, and nothing else of its body.

    Written before it is answered. An event that comes again finds its row.
    """

    provider = models.CharField(max_length=20)
    event_id = models.CharField(max_length=255)
    kind = models.CharField(max_length=100)
    checkout_id = models.CharField(max_length=255, blank=True)
    provider_payment_id = models.CharField(max_length=255, blank=True)
    payment_id = models.BigIntegerField(
        null=True, blank=True, help_text="ID of the payment, if the provider sent it."
    )
    needs_attention = models.CharField(max_length=500, blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    handled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "event_id"], name="provider_event_once")
        ]
        indexes = [
            models.Index(
                fields=["due_at"], name="provider_event_due", condition=Q(due_at__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.provider}"
