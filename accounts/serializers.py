"""The shape of accounts on the wire."""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from rest_framework import serializers

from accounts.models import User
from config.fields import RelatedIdsField
from config.validators import read_phone
from notifications.serializers import PreferencesSerializer


class RegisterSerializer(serializers.ModelSerializer[User]):
    password = serializers.CharField(max_length=128, write_only=True, trim_whitespace=False)
    is_organizer = serializers.BooleanField(default=False)

    class Meta:
        model = User
        fields = ["id", "username", "email", "password", "is_organizer"]
        # The taken ones are told field by field below, whatever the case.
        extra_kwargs = {"email": {"required": True, "allow_blank": False}}
        validators: list[Any] = []

    def validate_username(self, username: str) -> str:
        return self._free("username", username)

    def validate_email(self, email: str) -> str:
        return self._free("email", email.lower())

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        person = User(username=attrs["username"], email=attrs["email"])
        try:
            validate_password(attrs["password"], user=person)
        except DjangoValidationError as error:
            raise serializers.ValidationError(
                {"password": serializers.as_serializer_error(error)["non_field_errors"]}
            ) from error
        return attrs

    def _free(self, field: str, value: str) -> str:
        if User.objects.filter(Exact(Lower(field), value.lower())).exists():
            raise serializers.ValidationError(f"Somebody has this {field} already.", code="unique")
        return value


class LoginSerializer(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=254, help_text="The name or the e-mail address.")
    password = serializers.CharField(max_length=128, trim_whitespace=False)


class RefreshSerializer(serializers.Serializer[Any]):
    refresh = serializers.CharField(max_length=2000)


class TokensSerializer(serializers.Serializer[Any]):
    access = serializers.CharField(help_text="Send it as `Authorization: Bearer …`; 30 minutes.")
    refresh = serializers.CharField(help_text="Good for one refresh; 14 days.")


class PhoneField(serializers.CharField):
    """A phone number as people write it; kept in E.164, at most 16 characters."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=16, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        return read_phone(super().to_internal_value(data))


class ProfileSerializer(serializers.ModelSerializer[User]):
    interests = RelatedIdsField(
        lambda: User._meta.get_field("interests").related_model._default_manager.all(),
        max_length=50,
        help_text="Ids of categories.",
    )
    phone = PhoneField(
        required=False,
        allow_blank=True,
        help_text="For SMS, with the country code, such as +49 30 901820; kept without blanks.",
    )
    notifications = PreferencesSerializer(required=False)

    class Meta:
        model = User
        fields = [
            "id",
            "username",
            "email",
            "is_organizer",
            "bio",
            "profile_picture",
            "timezone",
            "phone",
            "interests",
            "notifications",
        ]
        read_only_fields = ["username", "email", "is_organizer"]
