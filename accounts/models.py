"""People, and where they are signed in."""

import uuid
from typing import Any, Self

from django.contrib.auth.models import AbstractUser, UserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.db.models.lookups import Exact

from config.validators import PlainText, validate_https, validate_phone, validate_timezone


class People(UserManager["User"]):
    use_in_migrations = False

    def get_by_natural_key(self, username: str | None) -> "User":
        """The person of that name or e-mail address, whatever the case.

        Django's own login (API and admin) asks here. A name holds no @, so
        nobody can register a name that is somebody else's address.
        """
        login = (username or "").strip().lower()
        column = "email" if "@" in login else "username"
        return self.get(Exact(Lower(column), login))


class User(AbstractUser):
    """A person: attendee, organizer or admin.

    Names are ASCII, so that "whatever the case" means the same in every
    database, and never digits only, so that none is somebody else's id.
    Addresses are kept in lower case.
    """

    username = models.CharField(
        max_length=50,
        unique=True,
        validators=[
            RegexValidator(
                r"^(?![0-9]+$)[A-Za-z0-9][A-Za-z0-9._+-]*$",
                "Use letters, digits and . _ + -; begin with a letter or digit; not digits only.",
                code="invalid_username",
            )
        ],
    )
    email = models.EmailField("e-mail address")
    is_active = models.BooleanField(
        "active", default=True, help_text="Deactivate and reactivate by the actions of the list."
    )
    is_organizer = models.BooleanField("organizer", default=False, help_text="May create events.")
    bio = models.TextField(max_length=2000, blank=True, validators=[PlainText(lines=True)])
    profile_picture = models.URLField(
        max_length=500,
        blank=True,
        validators=[validate_https],
        help_text="An https address; it is stored, never fetched.",
    )
    timezone = models.CharField(max_length=64, default="UTC", validators=[validate_timezone])
    phone = models.CharField(
        max_length=16,
        blank=True,
        validators=[validate_phone],
        help_text="For SMS, with the country code, such as +49 30 901820.",
    )
    interests = models.ManyToManyField("events.Category", blank=True, related_name="+")

    objects = People()  # type: ignore[misc]

    class Meta(AbstractUser.Meta):
        ordering = ["username"]
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="user_username_unique",
                violation_error_message="Somebody has this username already.",
            ),
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_unique",
                violation_error_message="Somebody has this e-mail address already.",
            ),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = self.email.lower()
        super().save(*args, **kwargs)


class SessionQuerySet(models.QuerySet["Session"]):
    def live(self) -> Self:
        return self.filter(ended_at=None, user__is_active=True)


class Session(models.Model):
    """One sign-in: the family of the tokens that name it in their `sid`.

    Ending it ends its access and refresh tokens at once. `refresh_jti` is the
    one refresh token that may still be used.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    refresh_jti = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    refreshed_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = SessionQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.user_id} since {self.created_at:%Y-%m-%d %H:%M}"
