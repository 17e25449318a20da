"""Second factors, passkeys and linked providers."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from drf_yasg.utils import swagger_auto_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import caller, session_id, signed_in
from accounts.exceptions import (
    AlreadyOn,
    EmailNotVerified,
    LastWayIn,
    LinkedElsewhere,
    NotOn,
    ReauthenticationRequired,
)
from accounts.openapi import factors as schema
from accounts.serializers.passkeys import NewPasskeySerializer
from accounts.serializers.security import (
    CodeSerializer,
    LinkSerializer,
    PasskeySerializer,
    ProofSerializer,
    TotpSerializer,
)
from accounts.services import passkeys, providers, reauthentication, second_factor
from accounts.views.base import read
from core.api.serializers import NoFieldsSerializer
from core.errors import ProviderUnavailable


def _asking(request: Request) -> dict[str, Any]:
    return {"session_id": session_id(request), "caller": caller(request)}


class TotpView(APIView):
    throttle_scope = "second_factor"
    swagger_tag = "accounts"
    swagger_errors = {
        "GET": [EmailNotVerified],
        "POST": [ReauthenticationRequired, EmailNotVerified, AlreadyOn],
        "DELETE": [ReauthenticationRequired],
    }

    @swagger_auto_schema(**schema.TOTP)
    def get(self, request: Request) -> Response:
        """Is the second factor on? While it is off, and for five minutes after `POST
        /api/reauthenticate/`: a new secret for an authenticator app. Each GET makes a new one;
        only the latest is valid."""
        user = signed_in(request)
        answer: dict[str, Any] = {"enabled": second_factor.totp_is_on(user)}
        if not answer["enabled"]:
            second_factor.require_verified_email(user)
            if reauthentication.is_recent(session_id=session_id(request)):
                answer |= vars(second_factor.begin_totp(user=user, **_asking(request)))
        return Response(TotpSerializer(answer).data)

    @swagger_auto_schema(**schema.TOTP_ON)
    def post(self, request: Request) -> Response:
        """Turn it on with a code of the app. Keep the recovery codes: they are shown this once."""
        codes = second_factor.turn_on_totp(
            user=signed_in(request), **read(CodeSerializer, request), **_asking(request)
        )
        return Response({"recovery_codes": codes}, status=status.HTTP_201_CREATED)

    @swagger_auto_schema(**schema.TOTP_OFF)
    def delete(self, request: Request) -> Response:
        """Turn it off."""
        second_factor.turn_off_totp(**_asking(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class RecoveryCodesView(APIView):
    swagger_tag = "accounts"
    swagger_errors = {"POST": [ReauthenticationRequired, NotOn]}

    @swagger_auto_schema(**schema.RECOVERY_CODES)
    def get(self, request: Request) -> Response:
        """How many recovery codes are left."""
        left, total = second_factor.recovery_codes_left(signed_in(request))
        return Response({"left": left, "total": total})

    @swagger_auto_schema(**schema.RECOVERY_CODES_NEW)
    def post(self, request: Request) -> Response:
        """New recovery codes; the old ones stop working."""
        read(NoFieldsSerializer, request)
        codes = second_factor.renew_recovery_codes(**_asking(request))
        return Response({"recovery_codes": codes}, status=status.HTTP_201_CREATED)


class PasskeyListView(generics.ListAPIView[Authenticator]):
    queryset = Authenticator.objects.none()
    serializer_class = PasskeySerializer
    filter_backends: list[Any] = []
    swagger_tag = "accounts"
    swagger_errors = {"POST": [ReauthenticationRequired, EmailNotVerified]}

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return passkeys.passkeys_of(signed_in(self.request))

    @swagger_auto_schema(**schema.PASSKEYS)
    def get(self, request: Request) -> Response:
        """My passkeys, newest first."""
        return self.list(request)

    @swagger_auto_schema(**schema.PASSKEY_ADD)
    def post(self, request: Request) -> Response:
        """Add a passkey, in two steps: `{}` for the options, then `{name, credential}`. The first
        factor brings `recovery_codes`, which are shown this once."""
        asked = read(NewPasskeySerializer, request)
        if "credential" not in asked:
            options = passkeys.begin_passkey(user=signed_in(request), **_asking(request))
            return Response({"creation_options": options})
        passkey, codes = passkeys.add_passkey(user=signed_in(request), **asked, **_asking(request))
        answer = PasskeySerializer(passkey).data | ({"recovery_codes": codes} if codes else {})
        return Response(answer, status=status.HTTP_201_CREATED)


class PasskeyView(APIView):
    swagger_tag = "accounts"
    swagger_errors = {"DELETE": [ReauthenticationRequired]}

    @swagger_auto_schema(**schema.PASSKEY_REMOVE)
    def delete(self, request: Request, passkey_id: int) -> Response:
        """Remove a passkey."""
        passkeys.remove_passkey(user=signed_in(request), passkey_id=passkey_id, **_asking(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class LinkListView(generics.ListAPIView[SocialAccount]):
    queryset = SocialAccount.objects.none()
    serializer_class = LinkSerializer
    filter_backends: list[Any] = []
    swagger_tag = "accounts"

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return providers.links_of(signed_in(self.request))

    @swagger_auto_schema(**schema.LINKS)
    def get(self, request: Request) -> Response:
        """The providers that let me in."""
        return self.list(request)


class LinkView(APIView):
    throttle_scope = "login"
    swagger_tag = "accounts"
    swagger_errors = {
        "POST": [ReauthenticationRequired, LinkedElsewhere, ProviderUnavailable],
        "DELETE": [ReauthenticationRequired, LastWayIn],
    }

    @swagger_auto_schema(**schema.LINK)
    def post(self, request: Request, provider: str) -> Response:
        """Link a provider to my account: the same body as logging in by it."""
        link = providers.link_provider(
            user=signed_in(request),
            provider=provider,
            proof=read(ProofSerializer, request),
            **_asking(request),
        )
        return Response(LinkSerializer(link).data, status=status.HTTP_201_CREATED)

    @swagger_auto_schema(**schema.UNLINK)
    def delete(self, request: Request, provider: str) -> Response:
        """Unlink a provider; never the last way in."""
        providers.unlink_provider(user=signed_in(request), provider=provider, **_asking(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
