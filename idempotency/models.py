"""Responses that are sent again when a request is repeated."""

from django.conf import settings
from django.db import models

from core.api.idempotency import MAX_LENGTH


class StoredResponse(models.Model):
    """A key of a person: first a claim of the request that runs, then its response.

    `status` is null while the request runs. `claim` is the random name of the request that holds
    the key, and only this request may store a response. Another one may take over the claim after
    `claimed_until`.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,  # the constraint begins with it
    )
    key = models.CharField(max_length=MAX_LENGTH)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the request.")
    claim = models.CharField(max_length=32)
    claimed_until = models.DateTimeField()
    created_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=b"")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="one_response_per_person_and_key")
        ]
        indexes = [models.Index(fields=["created_at"], name="stored_response_by_age")]

    def __str__(self) -> str:
        return f"{self.key}: {self.status or 'running'}"
