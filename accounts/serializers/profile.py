"""What people say about themselves."""

from typing import Any

from rest_framework import serializers

from accounts.models import User
from accounts.selectors import has_verified_email
from config.fields import RelatedIdsField
from config.validators import read_phone
from notifications.serializers import PreferencesSerializer


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
    email_verified = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = [
            "id",
            "username",
            "email",
            "email_verified",
            "is_organizer",
            "bio",
            "profile_picture",
            "timezone",
            "phone",
            "interests",
            "notifications",
        ]
        read_only_fields = ["username", "email", "is_organizer"]

    def get_email_verified(self, user: User) -> bool:
        return has_verified_email(user)
