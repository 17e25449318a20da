"""The JSON that browsers send for passkeys: `toJSON()` of a PublicKeyCredential.

https://www.w3.org/TR/webauthn-3/#sctn-parseCreationOptionsFromJSON (the RegistrationResponseJSON
and AuthenticationResponseJSON there). The shape is checked because the libraries trust it: one of
them accepts `false` for a credential without any proof. The lengths are limited because decoding
takes longer for more data. Unknown members are ignored: each new level of the standard adds some.
"""

from typing import Any

from accounts.serializers.login import SessionTokenField
from accounts.serializers.security import RequestOptionsSerializer
from core.api import serializers


class Base64Field(serializers.RegexField):
    def __init__(self, *, max_length: int, **kwargs: Any) -> None:
        super().__init__(r"^[A-Za-z0-9_-]+=*$", max_length=max_length, **kwargs)


class AttestationSerializer(serializers.Serializer[Any]):
    ignores_unknown_fields = True

    clientDataJSON = Base64Field(max_length=5_000)
    attestationObject = Base64Field(max_length=20_000)


class AssertionSerializer(serializers.Serializer[Any]):
    ignores_unknown_fields = True

    clientDataJSON = Base64Field(max_length=5_000)
    authenticatorData = Base64Field(max_length=5_000)
    signature = Base64Field(max_length=5_000)
    userHandle = Base64Field(max_length=100, required=False, allow_null=True, allow_blank=True)


class CredentialSerializer(serializers.Serializer[Any]):
    ignores_unknown_fields = True

    id = Base64Field(max_length=2_000)
    rawId = Base64Field(max_length=2_000)
    type = serializers.ChoiceField(["public-key"])


class NewCredentialSerializer(CredentialSerializer):
    response = AttestationSerializer()


class UsedCredentialSerializer(CredentialSerializer):
    response = AssertionSerializer()


class NewPasskeySerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100, required=False, default="", allow_blank=True)
    credential = NewCredentialSerializer(
        required=False, help_text="`toJSON()` of the result of `navigator.credentials.create()`."
    )


class PasskeyProofSerializer(serializers.Serializer[Any]):
    credential = UsedCredentialSerializer(
        required=False, help_text="`toJSON()` of the result of `navigator.credentials.get()`."
    )


class PasskeyLoginSerializer(PasskeyProofSerializer):
    ignores_fields_of = (RequestOptionsSerializer,)

    session_token = SessionTokenField(required=False, default="", allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "credential" in attrs and not attrs["session_token"]:
            raise serializers.ValidationError(
                {"session_token": ["Request the options first, with {}."]}
            )
        return attrs
