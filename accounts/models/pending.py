"""Rows for work that a task does after the request."""

from django.db import models


class MailRequest(models.Model):
    """A request for a mail to any address, known here or not.

    A task looks the account up later, so that neither the response nor its time reveals whether
    the address is known.
    """

    class Purpose(models.TextChoices):
        RESET_PASSWORD = "reset_password"  # noqa: S105
        VERIFY_EMAIL = "verify_email"

    purpose = models.CharField(max_length=14, choices=Purpose)
    email = models.EmailField("e-mail address")
    request_id = models.CharField(max_length=128, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(purpose__in=["reset_password", "verify_email"]),
                name="mail_request_purpose",
            )
        ]

    def __str__(self) -> str:
        return f"{self.purpose} for {self.email}"


class StaleSnapshot(models.Model):
    """A user whose cached snapshots could not be invalidated yet (`accounts.snapshots`)."""

    user_id = models.BigIntegerField(primary_key=True)
    since = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.user_id} since {self.since:%H:%M:%S}"
