"""The state of the test provider, which real ones keep on their side."""

from django.db import models


class SimulatedCheckout(models.Model):
    """A page of the test provider. `refunds` has an `id`, `refund_id` and `amount` each."""

    token = models.CharField(max_length=64, unique=True)
    idempotency_key = models.CharField(max_length=100, unique=True)
    payment_id = models.BigIntegerField()
    amount = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    success_url = models.TextField()
    cancel_url = models.TextField()
    outcome = models.CharField(max_length=20, default="open")
    refunds = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.outcome}, for payment {self.payment_id}"
