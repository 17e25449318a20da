"""People: attendees, organizers and admins."""

from typing import Any, Literal

from django.contrib.auth import get_permission_codename
from django.contrib.auth.hashers import make_password, verify_password
from django.contrib.auth.models import AbstractUser, Permission
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils.functional import cached_property

from accounts.models.people import People
from accounts.passwords import forms_of_password, normalize_password, password_rehashed
from core.email_addresses import EmailAddressField
from core.validators import PlainText, validate_https, validate_phone, validate_timezone

_UNREAD = object()
ModelAction = Literal["view", "add", "change", "delete"]


class User(AbstractUser):
    """A person: attendee, organizer or admin.

    Names are ASCII, so that "whatever the case" means the same in every
    database, and never digits only, so that none is somebody else's id.
    Passwords are hashed in one form of their text, and addresses are stored in one form
    (`accounts.passwords`, `core.email_addresses`). How an account ends is written by
    `services.lifecycle` and `services.erasure` alone, in queries.
    """

    _ENDS = frozenset({"is_active", "erasure_asked_at", "erasure_due_at", "erased_at"})

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
    email = EmailAddressField("e-mail address")
    is_active = models.BooleanField(
        "active", default=True, help_text="Deactivate and reactivate by the actions of the list."
    )
    is_organizer = models.BooleanField("organizer", default=False, help_text="May create events.")
    organizer_revoked_at = models.DateTimeField(
        "organizer role taken away",
        null=True,
        blank=True,
        editable=False,
        help_text="When an admin took the organizer role away. Only an admin can grant it again.",
    )
    display_name = models.CharField(
        max_length=100,
        blank=True,
        default="",
        db_default="",
        validators=[PlainText()],
        help_text="The name that others see, in any script. Empty: the username.",
    )
    bio = models.TextField(max_length=2000, blank=True, validators=[PlainText(lines=True)])
    profile_picture = models.URLField(
        max_length=500,
        blank=True,
        validators=[validate_https],
        help_text="An https address; it is stored, never fetched.",
    )
    picture_key = models.CharField(
        max_length=22,
        blank=True,
        editable=False,
        help_text="Names the files of an uploaded picture, which is shown before any address.",
    )
    timezone = models.CharField(max_length=64, default="UTC", validators=[validate_timezone])
    phone = models.CharField(
        max_length=16,
        blank=True,
        validators=[validate_phone],
        help_text="For SMS once it is confirmed, with the country code, such as +49 30 901820.",
    )
    confirmed_phone = models.CharField(
        max_length=16,
        blank=True,
        editable=False,
        help_text="The number to which a code was sent and confirmed. SMS go to `phone` only "
        "where the two are equal.",
    )
    contact_email = EmailAddressField(
        "contact address",
        blank=True,
        default="",
        db_default="",
        help_text="Address for replies to mails about the person's events. Attendees see it.",
    )
    erasure_asked_at = models.DateTimeField(null=True, blank=True, editable=False)
    erasure_due_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When to go on with it: until then somebody is at it.",
    )
    erased_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="From then on a name without a person, which keeps counts right.",
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
            models.UniqueConstraint(
                fields=["confirmed_phone"],
                condition=~models.Q(confirmed_phone=""),
                name="user_confirmed_phone_unique",
            ),
        ]
        indexes = [
            models.Index(
                fields=["erasure_due_at"],
                name="user_erasure_due",
                condition=models.Q(erasure_due_at__isnull=False),
            ),
            models.Index(
                # Every list of events skips those of these people.
                fields=["id"],
                name="user_deactivated",
                condition=models.Q(is_active=False, erased_at=None),
            ),
        ]

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> "User":
        user = super().from_db(*args, **kwargs)
        user._remember()
        return user

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        super().refresh_from_db(*args, **kwargs)
        self._remember()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write what was changed here and nothing else: whoever read the row a while ago brings
        back neither an old password nor somebody who was locked out meanwhile."""
        self._let_go_of_number(kwargs)
        if not self._state.adding and not args and kwargs.get("update_fields") is None:
            kwargs["update_fields"] = [
                name
                for name, value in self._loaded().items()
                if name not in self._ENDS and self._read.get(name, _UNREAD) != value
            ]
        super().save(*args, **kwargs)
        self._remember()

    def _let_go_of_number(self, kwargs: dict[str, Any]) -> None:
        """Store a new number as unconfirmed, which frees the old one."""
        fields = kwargs.get("update_fields")
        is_kept = self._state.adding or self._read.get("phone") == self.__dict__.get("phone")
        if is_kept or (fields is not None and "phone" not in fields):
            return
        self.confirmed_phone = ""
        if fields is not None:
            kwargs["update_fields"] = [*fields, "confirmed_phone"]

    def _remember(self) -> None:
        self._read = self._loaded()

    def _loaded(self) -> dict[str, Any]:
        columns = (field.attname for field in self._meta.concrete_fields if not field.primary_key)
        return {name: self.__dict__[name] for name in columns if name in self.__dict__}

    def __str__(self) -> str:
        """Return the name as the admin shows it: usernames tell people of one name apart."""
        return f"{self.display_name} ({self.username})" if self.display_name else self.username

    @property
    def shown_name(self) -> str:
        """Return the name that others see."""
        return self.display_name or self.username

    def set_password(self, raw_password: str | None) -> None:
        """Hash the password in its normalized form."""
        normalized = None if raw_password is None else normalize_password(raw_password)
        if raw_password != normalized:
            # Django calls this for unknown names, to take as long as `check_password`.
            make_password(raw_password)
        super().set_password(normalized)

    def check_password(self, raw_password: str | None) -> bool:
        """Return whether this is the password, in any form of its text.

        Every form costs one hashing, also where there is no password. A hash of the text as it
        was typed, or with outdated parameters, is replaced.
        """
        if raw_password is None:
            return False
        for form in forms_of_password(raw_password):
            is_correct, is_outdated = verify_password(form, self.password)
            if is_correct:
                if is_outdated or form != normalize_password(raw_password):
                    self._hash_again(normalize_password(raw_password))
                return True
        return False

    def _hash_again(self, normalized: str) -> None:
        """Replace the hash, unless the person was given another password meanwhile."""
        before, after = self.password, make_password(normalized)
        with transaction.atomic():
            if User.objects.filter(pk=self.pk, password=before).update(password=after):
                self.password = after
                self._remember()
                password_rehashed.send(sender=User, user=self, former_hash=before)

    def may(self, action: ModelAction, model: type[models.Model]) -> bool:
        """Return whether an admin action on rows of other people is allowed.

        Superusers may do everything, staff what their model permissions allow. As in the Django
        admin, the permission to change includes the one to view. Only staff cost a query for their
        permissions.
        """
        if not (self.is_superuser or self.is_staff):
            return False
        options = model._meta
        actions = ("view", "change") if action == "view" else (action,)
        return any(
            self.has_perm(f"{options.app_label}.{get_permission_codename(each, options)}")
            for each in actions
        )

    def may_act_on(self, person: "User") -> bool:
        """Return whether this admin may change a person's account, or act on it.

        Setting a password or an e-mail address gives control of the account and its rights. So
        superusers act on all accounts, and staff on accounts that are not superusers and hold no
        permission that they lack themselves.
        """
        if self.is_superuser:
            return True
        if person.is_superuser:
            return False
        return not person.is_staff or person.granted <= self.granted

    @cached_property
    def granted(self) -> frozenset[int]:
        """Return the ids of the permissions, groups included, also of an inactive account."""
        is_theirs = models.Q(user=self) | models.Q(group__user=self)
        return frozenset(Permission.objects.filter(is_theirs).values_list("pk", flat=True))

    @property
    def may_organize(self) -> bool:
        """Whether new events can be published in their name: organizers and admins.

        Staff who may add events in the admin count, unless an admin took the organizer role away
        from them. Only staff cost a query for their permissions.
        """
        if not self.is_active:
            return False
        if self.is_organizer or self.is_superuser:
            return True
        is_revoked = self.organizer_revoked_at is not None
        return self.is_staff and not is_revoked and self.has_perm("events.add_event")

    @property
    def has_confirmed_phone(self) -> bool:
        return bool(self.phone) and self.phone == self.confirmed_phone

    @property
    def reached_at(self) -> str | None:
        """Where mail reaches them; None once they are erased."""
        return None if self.erased_at else self.email
