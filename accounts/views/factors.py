"""Second factors, passkeys and linked providers."""

from contextlib import suppress
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from drf_yasg.utils import swagger_auto_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import signed_in
from accounts.exceptions import (
    AlreadyOn,
    EmailNotVerified,
    LastSignInMethod,
    LinkedElsewhere,
    NotOn,
    ReauthenticationRequired,
)
from accounts.openapi import credentials as schema
from accounts.serializers import security as serializers
from accounts.serializers.passkeys import NewPasskeySerializer
from accounts.services import passkeys, providers, second_factor
from accounts.views.base import AccountView, OwnListView, session_args
from core.api.requests import read
from core.api.serializers import NoFieldsSerializer
from core.errors import ProviderUnavailable


class TotpView(AccountView):
    throttle_scope = "second_factor"
    swagger_errors = {
        "GET": [EmailNotVerified],
        "POST": [ReauthenticationRequired, EmailNotVerified, AlreadyOn],
        "DELETE": [ReauthenticationRequired],
    }

    @swagger_auto_schema(**schema.TOTP)
    def get(self, request: Request) -> Response:
        """Show whether the second factor is on. While it is off, and for five minutes after `POST
        /api/reauthenticate/`, also a new secret for an authenticator app. Each GET makes a new
        one; only the latest is valid."""
        user = signed_in(request)
        body: dict[str, Any] = {"enabled": second_factor.is_totp_on(user)}
        if not body["enabled"]:
            with suppress(ReauthenticationRequired):
                body |= second_factor.begin_totp(user=user, **session_args(request))
        return Response(serializers.TotpSerializer(body).data)

    @swagger_auto_schema(**schema.TOTP_ON)
    def post(self, request: Request) -> Response:
        """Turn on the second factor with a code of the app.

        Store the recovery codes: they are shown only now.
        """
        codes = second_factor.turn_on_totp(
            user=signed_in(request),
            **read(serializers.CodeSerializer, request),
            **session_args(request),
        )
        return Response({"recovery_codes": codes}, status=status.HTTP_201_CREATED)

    def delete(self, request: Request) -> Response:
        """Turn off the authenticator app."""
        second_factor.turn_off_totp(**session_args(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class RecoveryCodesView(AccountView):
    swagger_errors = {"POST": [ReauthenticationRequired, NotOn]}

    @swagger_auto_schema(**schema.RECOVERY_CODES)
    def get(self, request: Request) -> Response:
        """Count the unused recovery codes."""
        left, total = second_factor.count_recovery_codes(signed_in(request))
        return Response({"left": left, "total": total})

    @swagger_auto_schema(**schema.RECOVERY_CODES_NEW)
    def post(self, request: Request) -> Response:
        """Make new recovery codes; the old ones stop working."""
        read(NoFieldsSerializer, request)
        codes = second_factor.renew_recovery_codes(**session_args(request))
        return Response({"recovery_codes": codes}, status=status.HTTP_201_CREATED)


class PasskeyListView(OwnListView):
    queryset = Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN).order_by(
        "-created_at", "-pk"
    )
    serializer_class = serializers.PasskeySerializer
    swagger_errors = {"POST": [ReauthenticationRequired, EmailNotVerified]}

    @swagger_auto_schema(**schema.PASSKEYS)
    def get(self, request: Request) -> Response:
        """List my passkeys, newest first."""
        return self.list(request)

    @swagger_auto_schema(**schema.PASSKEY_ADD)
    def post(self, request: Request) -> Response:
        """Add a passkey, in two steps: `{}` for the options, then `{name, credential}`. The first
        factor comes with `recovery_codes`, which are shown only now."""
        body, args = read(NewPasskeySerializer, request), session_args(request)
        if "credential" not in body:
            options = passkeys.begin_passkey(user=signed_in(request), **args)
            return Response({"creation_options": options})
        passkey, codes = passkeys.add_passkey(user=signed_in(request), **body, **args)
        data = serializers.PasskeySerializer(passkey).data | (
            {"recovery_codes": codes} if codes else {}
        )
        return Response(data, status=status.HTTP_201_CREATED)


class PasskeyView(AccountView):
    swagger_errors = {"DELETE": [ReauthenticationRequired]}

    def delete(self, request: Request, passkey_id: int) -> Response:
        """Remove a passkey."""
        user = signed_in(request)
        passkeys.remove_passkey(user=user, passkey_id=passkey_id, **session_args(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class LinkListView(OwnListView):
    queryset = SocialAccount.objects.order_by("provider", "pk")
    serializer_class = serializers.LinkSerializer

    @swagger_auto_schema(**schema.LINKS)
    def get(self, request: Request) -> Response:
        """List the providers that I can log in with."""
        return self.list(request)


class LinkView(AccountView):
    throttle_scope = "login"
    swagger_errors = {
        "POST": [ReauthenticationRequired, LinkedElsewhere, ProviderUnavailable],
        "DELETE": [ReauthenticationRequired, LastSignInMethod],
    }

    @swagger_auto_schema(**schema.LINK)
    def post(self, request: Request, provider: str) -> Response:
        """Link a provider to my account: the same body as for a login with it."""
        proof, user = read(serializers.ProofSerializer, request), signed_in(request)
        link = providers.link_provider(
            user=user, provider=provider, proof=proof, **session_args(request)
        )
        return Response(serializers.LinkSerializer(link).data, status=status.HTTP_201_CREATED)

    def delete(self, request: Request, provider: str) -> Response:
        """Unlink a provider, unless it is my only sign-in method."""
        user = signed_in(request)
        providers.unlink_provider(user=user, provider=provider, **session_args(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
