"""Sessions, passwords, addresses, second factors, passkeys and providers."""

import re
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession

from accounts.allauth.second_factors import passkey_name
from accounts.authentication import session_id
from accounts.devices import device_name
from accounts.selectors import session_kind
from accounts.serializers.login import CodeField, PasswordField
from core.api import serializers

_PROOFS = ("id_token", "access_token", "code")


class SessionSerializer(serializers.ModelSerializer[UserSession]):
    device = serializers.SerializerMethodField(help_text="Readable name of the device.")
    current = serializers.SerializerMethodField(
        help_text="Whether this is the session of the request."
    )
    kind = serializers.SerializerMethodField(
        help_text="`api`, or `admin` for the Django admin in a browser."
    )

    class Meta:
        model = UserSession
        fields = [
            "id", "created_at", "last_seen_at", "ip", "device", "user_agent", "current", "kind"
        ]  # fmt: skip

    def get_device(self, session: UserSession) -> str:
        return device_name(session.user_agent)

    def get_current(self, session: UserSession) -> bool:
        return bool(session.pk == session_id(self.context["request"]))

    def get_kind(self, session: UserSession) -> str:
        return session_kind(session)


class PasswordChangeSerializer(serializers.Serializer[Any]):
    current_password = PasswordField()
    new_password = PasswordField()


class EmailSerializer(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=254)


class KnownEmailSerializer(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=254, is_known=True)


class KeySerializer(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=500, help_text="Key from the link in the mail.")


class PasswordResetSerializer(KeySerializer):
    password = PasswordField()


class ProofSerializer(serializers.Serializer[Any]):
    """An id_token, an access_token, or a code with the values of the authorization request."""

    id_token = serializers.CharField(max_length=10_000, required=False)
    access_token = serializers.CharField(max_length=5_000, required=False)
    client_id = serializers.CharField(max_length=255, required=False)
    nonce = serializers.CharField(
        max_length=255,
        required=False,
        help_text="The nonce sent to the provider. Required if the id_token has one.",
    )
    code = serializers.CharField(max_length=2_000, required=False)
    redirect_uri = serializers.CharField(max_length=500, required=False)
    code_verifier = serializers.RegexField(
        r"^[A-Za-z0-9._~-]{43,128}$", required=False, help_text="PKCE (RFC 7636)."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        given = [name for name in _PROOFS if name in attrs]
        if len(given) != 1:
            raise serializers.ValidationError(
                {given[1] if given else "id_token": [f"Send one of {', '.join(_PROOFS)}."]},
                code="one_proof",
            )
        if given == ["code"]:
            missing = [name for name in ("redirect_uri", "code_verifier") if name not in attrs]
            if missing:
                raise serializers.ValidationError(
                    {name: ["Send this field with the code."] for name in missing}, code="required"
                )
        return attrs


class ReauthenticateSerializer(ProofSerializer):
    """The password, a code of the second factor, or a provider with a new token or code."""

    password = PasswordField(required=False)
    provider = serializers.SlugField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        provider = attrs.pop("provider", None)
        if provider is not None:
            attrs.pop("password", None)
            return {"provider": provider, "proof": super().validate(attrs)}
        if ("password" in attrs) == ("code" in attrs):
            raise serializers.ValidationError(
                {"password": ["Send one of password, code, provider."]}, code="one_proof"
            )
        if "password" in attrs:
            return {"password": attrs["password"]}
        if not re.fullmatch(r"[0-9A-Za-z -]{1,32}", attrs["code"]):
            message = "This is not a valid code. Enter the code that your app shows."
            raise serializers.ValidationError({"code": [message]}, code="invalid")
        return {"code": attrs["code"]}


class LinkSerializer(serializers.ModelSerializer[SocialAccount]):
    linked_at = serializers.DateTimeField(source="date_joined")
    last_used_at = serializers.DateTimeField(source="last_login")

    class Meta:
        model = SocialAccount
        fields = ["provider", "uid", "linked_at", "last_used_at"]


class TotpSerializer(serializers.Serializer[Any]):
    """The last three are null while it is on, or without a recent reauthentication."""

    enabled = serializers.BooleanField()
    secret = serializers.CharField(
        default=None, allow_null=True, help_text="Key for an authenticator app, in base32."
    )
    otpauth_url = serializers.CharField(default=None, allow_null=True)
    qr_svg = serializers.CharField(default=None, allow_null=True, help_text="QR code of the URL.")


class CodeSerializer(serializers.Serializer[Any]):
    code = CodeField(help_text="Current code of the authenticator app.")


class RecoveryCodesSerializer(serializers.Serializer[Any]):
    recovery_codes = serializers.ListField(
        child=serializers.CharField(), help_text="Codes that are shown only now and work once."
    )


class RecoveryCodesLeftSerializer(serializers.Serializer[Any]):
    left = serializers.IntegerField()
    total = serializers.IntegerField()


class PasskeySerializer(serializers.ModelSerializer[Authenticator]):
    name = serializers.SerializerMethodField(help_text="Name of the passkey, or empty.")

    class Meta:
        model = Authenticator
        fields = ["id", "name", "created_at", "last_used_at"]

    def get_name(self, passkey: Authenticator) -> str:
        return passkey_name(passkey.data)


class CreationOptionsSerializer(serializers.Serializer[Any]):
    creation_options = serializers.JSONField()


class ProofOptionsSerializer(serializers.Serializer[Any]):
    request_options = serializers.JSONField()


class RequestOptionsSerializer(ProofOptionsSerializer):
    session_token = serializers.CharField(help_text="Token for the next step.")
