"""What people proved about themselves: addresses, numbers, places and passkeys."""

from django.db import models

from accounts.models.users import User


class PhoneCode(models.Model):
    """The code that was sent last to a person's phone number (`services.phones`)."""

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
    """A change of an e-mail address, which the old address can undo for a while.

    Each change has its own row, so that a second change does not void the link of the first one.
    The link's key is made when a mail is sent and is stored nowhere.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="address_changes")
    old_email = models.EmailField("old e-mail address")
    was_verified = models.BooleanField(help_text="Whether the old address was verified.")
    new_email = models.EmailField("new e-mail address")
    asked_at = models.DateTimeField()
    undo_until = models.DateTimeField(help_text="When the link for the old address expires.")
    closed_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was undone or became void."
    )

    objects = models.Manager["AddressChange"]()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["old_email"],
                name="address_change_open",
                condition=models.Q(closed_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.old_email} to {self.new_email}"


class LoginPlace(models.Model):
    """A client address and a browser from which a user signed in, as keyed digests."""

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
    """Data of a passkey that WebAuthn requires and allauth's own row lacks."""

    authenticator = models.OneToOneField(
        "mfa.Authenticator", on_delete=models.CASCADE, primary_key=True, related_name="passkey"
    )
    credential_id = models.CharField(
        max_length=64, unique=True, help_text="SHA-256 of the credential's id."
    )
    sign_count = models.PositiveBigIntegerField(
        default=0, help_text="The counter of its latest use; 0 for passkeys without one."
    )

    objects = models.Manager["PasskeyRecord"]()

    def __str__(self) -> str:
        return f"passkey {self.pk}"
