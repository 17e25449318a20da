"""Phone codes, address changes, login places and data of passkeys."""

from django.db import models

from accounts.models.users import User


class PhoneCode(models.Model):
    """The latest code that was sent to a user's phone number (`services.phones`)."""

    user = models.OneToOneField(
        User, on_delete=models.CASCADE, primary_key=True, related_name="phone_code"
    )
    phone = models.CharField(max_length=16)
    code_hash = models.CharField(max_length=64)
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"Code for {self.phone}"


class AddressChange(models.Model):
    """A change of an e-mail address, which can be undone by a link to the old one.

    Each change has its own row, so that a second change does not void the link of the first one.
    The link's key is made when a mail is sent and is not stored.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="address_changes")
    old_email = models.EmailField("old e-mail address")
    was_verified = models.BooleanField(help_text="Whether the old address was verified.")
    new_email = models.EmailField("new e-mail address")
    asked_at = models.DateTimeField()
    undo_until = models.DateTimeField(help_text="When the link for the old address expires.")
    closed_at = models.DateTimeField(
        null=True, blank=True, help_text="When the change was undone or its link became void."
    )

    objects = models.Manager["AddressChange"]()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["old_email"], name="address_change_open", condition=models.Q(closed_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.old_email} to {self.new_email}"


class LoginPlace(models.Model):
    """A client address and a browser from which a user logged in, as keyed digests."""

    user = models.ForeignKey(
        User,
        on_delete=models.CASCADE,
        related_name="login_places",
        db_index=False,  # the constraint's index begins with it
    )
    address = models.CharField(max_length=32)
    device = models.CharField(max_length=32)
    last_used_at = models.DateTimeField()

    objects = models.Manager["LoginPlace"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "address", "device"], name="login_place_once")
        ]

    def __str__(self) -> str:
        return f"{self.device} of {self.user_id}"


class PasskeyRecord(models.Model):
    """Data of a passkey that WebAuthn requires and allauth does not store."""

    authenticator = models.OneToOneField(
        "mfa.Authenticator", on_delete=models.CASCADE, primary_key=True, related_name="passkey"
    )
    credential_id = models.CharField(
        max_length=64, unique=True, help_text="SHA-256 of the credential's id."
    )
    sign_count = models.PositiveBigIntegerField(
        default=0, help_text="Signature counter of the latest use; 0 for passkeys without one."
    )

    objects = models.Manager["PasskeyRecord"]()

    def __str__(self) -> str:
        return f"passkey {self.pk}"
