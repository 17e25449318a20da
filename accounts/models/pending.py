"""Work that a task does after the request."""

from django.db import models


class MailRequest(models.Model):
    """Somebody asked for a mail to an address, whether it is known here or not.

    The answer is given before anybody looks, so that it tells nothing, not
    even by its time; a task looks afterwards.
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
    """The cache still has to forget what it knows of this person (`accounts.snapshots`)."""

    user_id = models.BigIntegerField(primary_key=True)
    since = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.user_id} since {self.since:%H:%M:%S}"
