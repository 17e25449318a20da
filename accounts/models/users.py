"""Users: attendees, organizers and admins."""

from typing import Any, Literal

from django.contrib.auth import get_permission_codename
from django.contrib.auth.hashers import make_password, verify_password
from django.contrib.auth.models import AbstractUser, Permission
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils.functional import cached_property

from accounts.hashers import former_algorithms, salt_to_keep, spend_other_hashings
from accounts.models.people import People
from accounts.passwords import forms_of_password, normalize_password, password_rehashed
from core.email_addresses import EmailAddressField
from core.validators import PlainText, validate_https, validate_phone, validate_timezone

_UNREAD = object()
ModelAction = Literal["view", "add", "change", "delete"]


class User(AbstractUser):
    """An attendee, organizer or admin.

    Usernames are ASCII, so that case-insensitive comparison is the same in every database, and
    never digits only, so that none looks like an id. Passwords are hashed, and addresses stored,
    in a normalized form (`accounts.passwords`, `core.email_addresses`).
    """

    # Written by `services.lifecycle` and `services.erasure` only, in queries.
    _LIFECYCLE = frozenset({"is_active", "erasure_asked_at", "erasure_due_at", "erased_at"})

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
        "active",
        default=True,
        help_text="Whether the account can log in. Change it by the actions of the list.",
    )
    is_organizer = models.BooleanField(
        "organizer", default=False, help_text="Whether the account can create events."
    )
    organizer_revoked_at = models.DateTimeField(
        "organizer role revoked",
        null=True,
        blank=True,
        editable=False,
        help_text="When an admin revoked the organizer role. Only an admin can grant it again.",
    )
    display_name = models.CharField(
        max_length=100,
        blank=True,
        default="",
        db_default="",
        validators=[PlainText()],
        help_text="The name that others see, in any script. Empty: the username is shown.",
    )
    bio = models.TextField(max_length=2000, blank=True, validators=[PlainText(lines=True)])
    profile_picture = models.URLField(
        max_length=500,
        blank=True,
        validators=[validate_https],
        help_text="An https address, which is stored, never fetched.",
    )
    picture_key = models.CharField(
        max_length=22,
        blank=True,
        editable=False,
        help_text="Key of the files of an uploaded picture, which is shown instead of an address.",
    )
    timezone = models.CharField(max_length=64, default="UTC", validators=[validate_timezone])
    phone = models.CharField(
        max_length=16,
        blank=True,
        validators=[validate_phone],
        help_text="Number for SMS once it is confirmed, with country code, such as +49 30 901820.",
    )
    confirmed_phone = models.CharField(
        max_length=16,
        blank=True,
        editable=False,
        help_text="Number that was confirmed by a code. SMS go to `phone` only if both are equal.",
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
        help_text="When a task continues the erasure. Until then another process works on it.",
    )
    erased_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When the account was anonymised. Its row stays, so that counts stay correct.",
    )
    interests = models.ManyToManyField("events.Category", blank=True, related_name="+")

    objects = People()  # type: ignore[misc]

    class Meta(AbstractUser.Meta):
        ordering = ["username"]
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="user_username_unique",
                violation_error_message="Another account already uses this username.",
            ),
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_unique",
                violation_error_message="Another account already uses this e-mail address.",
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
                # Every list of events skips the events of these users.
                fields=["id"],
                name="user_deactivated",
                condition=models.Q(is_active=False, erased_at=None),
            ),
            models.Index(
                # Every refused login asks whether there are any (_spend_other_hashings).
                fields=["id"],
                name="user_former_hash",
                condition=models.Q(password__startswith="pbkdf2_sha256$"),  # noqa: S106
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
        """Write only the changed fields: an object that was read earlier must not restore an old
        password or reactivate an account. allauth and forms save whole objects."""
        self._unconfirm_new_phone(kwargs)
        if not self._state.adding and not args and kwargs.get("update_fields") is None:
            kwargs["update_fields"] = [
                name
                for name, value in self._loaded().items()
                if name not in self._LIFECYCLE and self._read.get(name, _UNREAD) != value
            ]
        super().save(*args, **kwargs)
        self._remember()

    def _unconfirm_new_phone(self, kwargs: dict[str, Any]) -> None:
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
        """Return the name for the admin: display names are not unique, usernames are."""
        return f"{self.display_name} ({self.username})" if self.display_name else self.username

    @property
    def shown_name(self) -> str:
        """Return the name that others see."""
        return self.display_name or self.username

    def set_password(self, raw_password: str | None) -> None:
        """Hash the password in its normalized form."""
        normalized = None if raw_password is None else normalize_password(raw_password)
        if raw_password != normalized:
            # Django calls this for unknown names, so that it takes as long as `check_password`.
            make_password(raw_password)
        super().set_password(normalized)
        if raw_password is not None and not self.username:
            self._spend_other_hashings(raw_password)

    def check_password(self, raw_password: str | None) -> bool:
        """Return whether this is the password, in any of its forms.

        Each form costs one hashing, also without a password. A hash of another form, or of another
        algorithm, is replaced. A login that is refused takes the same time for every account.
        """
        if raw_password is None:
            return False
        normalized = normalize_password(raw_password)
        for form in forms_of_password(raw_password):
            is_correct, is_outdated = verify_password(form, self.password)
            if is_correct:
                break
        if not (is_correct and self.is_active):
            self._spend_other_hashings(raw_password)
        elif is_outdated or form != normalized:
            self._hash_again(normalized)
        return is_correct

    def _spend_other_hashings(self, raw_password: str) -> None:
        """Hash with every algorithm of stored hashes, so that the time does not tell which it is.

        Ends by itself: once no hash of a former algorithm is left, nothing more is hashed.
        """
        left = [
            algorithm
            for algorithm in former_algorithms()
            if User.objects.filter(password__startswith=f"{algorithm}$").exists()
        ]
        if left:
            forms = forms_of_password(raw_password)
            spend_other_hashings(forms, self.password, former=left)

    def _hash_again(self, normalized: str) -> None:
        """Replace the hash, unless the password was changed meanwhile.

        The salt stays, because it identifies the password in links for a new one.
        """
        before = self.password
        after = make_password(normalized, salt=salt_to_keep(before))
        with transaction.atomic():
            if User.objects.filter(pk=self.pk, password=before).update(password=after):
                self.password = after
                self._remember()
                password_rehashed.send(sender=User, user=self, former_hash=before)

    def may(self, action: ModelAction, model: type[models.Model]) -> bool:
        """Return whether the user may do an action on rows of other people.

        Superusers may do everything, staff what their model permissions allow. As in the Django
        admin, the permission to change includes the one to view. Only staff cost a query.
        """
        if not (self.is_superuser or self.is_staff):
            return False
        options = model._meta
        actions = ("view", "change") if action == "view" else (action,)
        codenames = [get_permission_codename(action, options) for action in actions]
        return any(self.has_perm(f"{options.app_label}.{codename}") for codename in codenames)

    def may_act_on(self, person: "User") -> bool:
        """Return whether this admin may change a user's account, or act on it.

        Setting a password or an e-mail address gives control of the account and its permissions.
        So superusers act on all accounts, and staff on accounts that are not superusers and have
        no permission that they lack themselves.
        """
        if self.is_superuser:
            return True
        if person.is_superuser:
            return False
        return not person.is_staff or person.granted <= self.granted

    @cached_property
    def granted(self) -> frozenset[int]:
        """Return the ids of the permissions, including those of groups and of inactive accounts."""
        is_theirs = models.Q(user=self) | models.Q(group__user=self)
        return frozenset(Permission.objects.filter(is_theirs).values_list("pk", flat=True))

    @property
    def may_organize(self) -> bool:
        """Return whether events can be published in the user's name: organizers and admins.

        Staff with the permission to add events count, unless an admin revoked their organizer
        role. Only staff cost a query.
        """
        if self.is_organizer or self.is_superuser:
            return self.is_active
        may_be = self.is_active and self.is_staff and self.organizer_revoked_at is None
        return may_be and self.has_perm("events.add_event")

    @property
    def has_confirmed_phone(self) -> bool:
        return bool(self.phone) and self.phone == self.confirmed_phone

    @property
    def reached_at(self) -> str | None:
        """Return the e-mail address; None for an erased account."""
        return None if self.erased_at else self.email
