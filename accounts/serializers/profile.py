"""The user's profile, phone number and data export."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile

from accounts.exceptions import PhoneCountryNotSupported
from accounts.models import User
from accounts.selectors import has_verified_email, profile_parts
from accounts.serializers.names import DisplayNameField
from accounts.services.pictures import picture_url
from core.api import serializers
from core.api.fields import RelatedIdsField, TimezoneField
from core.validators import may_receive_sms, read_phone, validate_https
from notifications.serializers import PreferencesSerializer, preferences_body


class PhoneField(serializers.CharField):
    """A phone number in any common notation; stored in E.164, at most 16 characters."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=16, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        return read_phone(super().to_internal_value(data))


class PhoneCodeSerializer(serializers.Serializer[Any]):
    code = serializers.RegexField(
        r"^[0-9]{6}$",
        required=False,
        help_text="Six digits from the SMS. Leave it out to request a code.",
        error_messages={"invalid": "This is not a valid code. Send the six digits from the SMS."},
    )


class PictureField(serializers.URLField):
    """Reads a file, an https address, or ""; shows an absolute address, or ""."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=500,
            allow_blank=True,
            allow_null=True,
            required=False,
            validators=[validate_https],
            help_text="An https address, which is stored, never fetched; or, in a form, a JPEG, "
            "PNG or WebP file. Empty: no picture. An upload is shown as .../512.webp; 128.webp "
            "and 48.webp exist beside it, all of them square.",
            **kwargs,
        )

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if isinstance(data, UploadedFile):
            return data
        user = getattr(self.parent, "instance", None)
        if user and data == self.to_representation(user):
            raise serializers.SkipField  # sent back unchanged: keep the upload
        return super().run_validation(data) or ""

    def get_attribute(self, instance: User) -> Any:
        return instance

    def to_representation(self, user: Any) -> str:
        request = self.context.get("request")
        return picture_url(user, base=request.build_absolute_uri("/") if request else "")


class ProfileSerializer(serializers.ModelSerializer[User]):
    interests = RelatedIdsField(
        lambda: User._meta.get_field("interests").related_model._default_manager.all(),
        max_length=50,
        help_text="Ids of categories.",
    )
    display_name = DisplayNameField()
    phone = PhoneField(
        required=False,
        allow_blank=True,
        help_text="Number for SMS, with the country code, such as +49 30 901820; stored without "
        "blanks. It gets SMS once it is confirmed (`/api/users/phone/verify/`).",
    )
    phone_verified = serializers.BooleanField(source="has_confirmed_phone", read_only=True)
    profile_picture = PictureField()
    timezone = TimezoneField(
        required=False, help_text="IANA or Windows name; stored as the IANA name."
    )
    notifications = PreferencesSerializer(required=False)
    email_verified = serializers.SerializerMethodField()
    is_organizer = serializers.BooleanField(
        required=False,
        help_text="Whether you can create events. You can turn it on unless only admins grant the "
        "role here, or one revoked yours. You can't turn it off while you have events that are "
        "not over (409 `owns_upcoming_events`).",
    )

    class Meta:
        model = User
        fields = [
            "id", "username", "display_name", "email", "email_verified", "is_organizer", "bio",
            "profile_picture", "timezone", "phone", "phone_verified", "contact_email", "interests",
            "notifications",
        ]  # fmt: skip
        read_only_fields = ["username", "email"]

    def validate_phone(self, phone: str) -> str:
        """Accept the stored number unchanged, even if it is no longer supported."""
        is_new = self.instance is None or phone != self.instance.phone
        if phone and is_new and not may_receive_sms(phone):
            raise serializers.ValidationError(
                PhoneCountryNotSupported.message, code=PhoneCountryNotSupported.code
            )
        return phone

    def validate_display_name(self, name: str) -> str:
        """Store no copy of the username, which this field shows if there is no other name."""
        is_username = self.instance is not None and name == self.instance.username
        return "" if is_username else name

    def get_email_verified(self, user: User) -> bool:
        return has_verified_email(user)


def profile_body(user: User, *, base: str) -> dict[str, Any]:
    """Return the fields of ProfileSerializer; URLs of pictures start with `base`."""
    parts = profile_parts(user)
    return {
        "id": user.pk,
        "username": user.username,
        "display_name": user.shown_name,
        "email": user.email,
        "email_verified": parts.is_verified,
        "is_organizer": user.is_organizer,
        "bio": user.bio,
        "profile_picture": picture_url(user, base=base),
        "timezone": user.timezone,
        "phone": user.phone,
        "phone_verified": user.has_confirmed_phone,
        "contact_email": user.contact_email,
        "interests": parts.interests,
        "notifications": preferences_body(parts.notifications),
    }


class ExportParams(serializers.QueryParams):
    after = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=2**63 - 1,
        help_text="Cursor of the next part, from the `Link` header.",
    )
