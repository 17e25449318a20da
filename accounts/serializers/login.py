"""Registration, login and tokens."""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models.functions import Lower
from django.db.models.lookups import Exact

from accounts.models import User
from accounts.selectors import is_email_taken
from accounts.serializers.names import DisplayNameField
from core.api import serializers


class PasswordField(serializers.CharField):
    """Keeps blanks, which are part of a password."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=128, trim_whitespace=False, **kwargs)


class CodeField(serializers.RegexField):
    """A code of an authenticator app, or a recovery code, with blanks and dashes."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"^[0-9A-Za-z -]+$", max_length=32, **kwargs)


class SessionTokenField(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "help_text", "The token from the previous response, valid for 15 minutes."
        )
        super().__init__(max_length=1000, **kwargs)


class RegisterSerializer(serializers.ModelSerializer[User]):
    password = PasswordField(write_only=True)
    is_organizer = serializers.BooleanField(default=False)
    display_name = DisplayNameField()

    class Meta:
        model = User
        fields = ["id", "username", "display_name", "email", "password", "is_organizer"]
        # `validate_username` and `validate_email` check for duplicates, regardless of case.
        extra_kwargs = {"email": {"required": True, "allow_blank": False}}
        validators: list[Any] = []

    def validate_username(self, username: str) -> str:
        if User.objects.filter(Exact(Lower("username"), username.lower())).exists():
            raise _taken("username")
        return username

    def validate_email(self, email: str) -> str:
        if is_email_taken(email):
            raise _taken("email")
        return email

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        person = User(**{name: value for name, value in attrs.items() if name != "password"})
        try:
            validate_password(attrs["password"], user=person)
        except DjangoValidationError as error:
            raise serializers.ValidationError(
                {"password": serializers.as_serializer_error(error)["non_field_errors"]}
            ) from error
        return attrs


def _taken(field: str) -> serializers.ValidationError:
    return serializers.ValidationError(f"Another account already uses this {field}.", code="unique")


class LoginSerializer(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=254, help_text="Username or e-mail address.")
    password = PasswordField()


class SecondFactorNeededSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(default="mfa_required")
    types = serializers.ListField(
        child=serializers.ChoiceField(["recovery_codes", "totp", "webauthn"])
    )
    session_token = SessionTokenField()


class SecondFactorSerializer(serializers.Serializer[Any]):
    ignores_fields_of = (SecondFactorNeededSerializer,)

    session_token = SessionTokenField()
    code = CodeField(help_text="Code of the authenticator app, or a recovery code.")


class TokensSerializer(serializers.Serializer[Any]):
    access = serializers.CharField(
        help_text="Access token for `Authorization: Bearer …`, valid for 30 minutes."
    )
    refresh = serializers.CharField(
        help_text="Token for one refresh, which can be repeated for 10 s; valid for 14 days."
    )


class RefreshSerializer(serializers.Serializer[Any]):
    ignores_fields_of = (TokensSerializer,)

    refresh = serializers.CharField(max_length=2000)


class LogoutSerializer(serializers.NoFieldsSerializer):
    """Accepts the tokens, which many clients send, and ignores them."""

    ignores_fields_of = (TokensSerializer,)
