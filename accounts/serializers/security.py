"""Sessions, passwords, addresses, second factors, passkeys and providers."""

import re
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession

from accounts.allauth.stored import name_of_passkey
from accounts.devices import device_name
from accounts.selectors import kind_of
from accounts.serializers.login import CodeField, PasswordField
from core.api import serializers

_PROOFS = ("id_token", "access_token", "code")


class SessionSerializer(serializers.ModelSerializer[UserSession]):
    device = serializers.SerializerMethodField(help_text="For people to read.")
    current = serializers.SerializerMethodField(help_text="The one that asks.")
    kind = serializers.SerializerMethodField(
        help_text="`api`, or `admin` for the Django admin in a browser."
    )

    class Meta:
        model = UserSession
        fields = [
            "id",
            "created_at",
            "last_seen_at",
            "ip",
            "device",
            "user_agent",
            "current",
            "kind",
        ]

    def get_device(self, session: UserSession) -> str:
        return device_name(session.user_agent)

    def get_current(self, session: UserSession) -> bool:
        return bool(session.pk == self.context.get("session_id"))

    def get_kind(self, session: UserSession) -> str:
        return kind_of(session)


class PasswordChangeSerializer(serializers.Serializer[Any]):
    current_password = PasswordField()
    new_password = PasswordField()


class EmailSerializer(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=254)


class KnownEmailSerializer(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=254, is_known=True)


class KeySerializer(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=500, help_text="Of the link in the mail.")


class PasswordResetSerializer(KeySerializer):
    password = PasswordField()


class ProofSerializer(serializers.Serializer[Any]):
    """What shows that a provider knows somebody: a token, or a code with what it was asked by."""

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
                    {name: ["It goes with the code."] for name in missing}, code="required"
                )
        return attrs


class ReauthenticateSerializer(serializers.Serializer[Any]):
    """One of: the password, a code of the second factor, a provider with a fresh proof."""

    password = PasswordField(required=False)
    code = serializers.CharField(max_length=2_000, required=False)
    provider = serializers.SlugField(required=False)
    id_token = serializers.CharField(max_length=10_000, required=False)
    access_token = serializers.CharField(max_length=5_000, required=False)
    client_id = serializers.CharField(max_length=255, required=False)
    nonce = serializers.CharField(max_length=255, required=False)
    redirect_uri = serializers.CharField(max_length=500, required=False)
    code_verifier = serializers.CharField(max_length=128, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "provider" in attrs:
            fields = ProofSerializer().fields
            proof = ProofSerializer(data={k: v for k, v in attrs.items() if k in fields})
            proof.is_valid(raise_exception=True)
            return {"provider": attrs["provider"], "proof": proof.validated_data}
        if ("password" in attrs) == ("code" in attrs):
            raise serializers.ValidationError(
                {"password": ["Send the password, or a code, or a provider."]}, code="one_proof"
            )
        if "code" in attrs and not re.fullmatch(r"[0-9A-Za-z -]{1,32}", attrs["code"]):
            raise serializers.ValidationError({"code": ["That is no code."]}, code="invalid")
        return attrs


class LinkSerializer(serializers.ModelSerializer[SocialAccount]):
    linked_at = serializers.DateTimeField(source="date_joined")
    last_used_at = serializers.DateTimeField(source="last_login")

    class Meta:
        model = SocialAccount
        fields = ["provider", "uid", "linked_at", "last_used_at"]


class TotpSerializer(serializers.Serializer[Any]):
    """The last three are null while it is on, or without a recent re-authentication."""

    enabled = serializers.BooleanField()
    secret = serializers.CharField(
        default=None, allow_null=True, help_text="The key to type into an app, base32."
    )
    otpauth_url = serializers.CharField(default=None, allow_null=True)
    qr_svg = serializers.CharField(default=None, allow_null=True, help_text="The URL as a QR code.")


class CodeSerializer(serializers.Serializer[Any]):
    code = CodeField(help_text="What the app shows now.")


class RecoveryCodesSerializer(serializers.Serializer[Any]):
    recovery_codes = serializers.ListField(
        child=serializers.CharField(), help_text="Shown this once; each works once."
    )


class RecoveryCodesLeftSerializer(serializers.Serializer[Any]):
    left = serializers.IntegerField()
    total = serializers.IntegerField()


class PasskeySerializer(serializers.ModelSerializer[Authenticator]):
    name = serializers.SerializerMethodField(help_text="Empty if the stored row has no name.")

    class Meta:
        model = Authenticator
        fields = ["id", "name", "created_at", "last_used_at"]

    def get_name(self, passkey: Authenticator) -> str:
        return name_of_passkey(passkey.data)


class CreationOptionsSerializer(serializers.Serializer[Any]):
    creation_options = serializers.JSONField()


class ProofOptionsSerializer(serializers.Serializer[Any]):
    request_options = serializers.JSONField()


class RequestOptionsSerializer(serializers.Serializer[Any]):
    session_token = serializers.CharField(help_text="For the next step.")
    request_options = serializers.JSONField()
