"""Registering, logging in by every way there is, refreshing, logging out."""

from drf_yasg.utils import swagger_auto_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import caller, session_id, signed_in
from accounts.exceptions import (
    AccountExists,
    EmailMissing,
    IncorrectCode,
    InvalidCredentials,
    LoginExpired,
    SessionOver,
)
from accounts.openapi import login as schema
from accounts.serializers.login import (
    LoginSerializer,
    LogoutSerializer,
    RefreshSerializer,
    RegisterSerializer,
    SecondFactorSerializer,
    TokensSerializer,
)
from accounts.serializers.passkeys import PasskeyLoginSerializer
from accounts.serializers.security import ProofSerializer, RequestOptionsSerializer
from accounts.services import login, providers, sessions
from accounts.services.registration import register
from accounts.views.base import OpenView, let_in, read
from core.errors import ProviderUnavailable


class RegisterView(OpenView):
    throttle_scope = "register"

    @swagger_auto_schema(**schema.REGISTER)
    def post(self, request: Request) -> Response:
        """Open an account. `is_organizer` lets it create events. A mail asks to verify the address;
        logging in works at once."""
        user = register(**read(RegisterSerializer, request))
        return Response(RegisterSerializer(user).data, status=status.HTTP_201_CREATED)


class LoginView(OpenView):
    throttle_scope = "login"
    swagger_errors = {"POST": [InvalidCredentials]}

    @swagger_auto_schema(**schema.LOGIN)
    def post(self, request: Request) -> Response:
        """Sign in by name or e-mail address. With a second factor: 202, then `/login/2fa/`."""
        credentials = read(LoginSerializer, request)
        outcome = login.log_in(
            login=credentials["username"],
            password=credentials["password"],
            caller=caller(request),
        )
        return let_in(outcome)


class SecondFactorLoginView(OpenView):
    throttle_scope = "second_factor"
    swagger_errors = {"POST": [IncorrectCode, LoginExpired]}

    @swagger_auto_schema(**schema.SECOND_FACTOR)
    def post(self, request: Request) -> Response:
        """Finish a login with a code of the app or a recovery code."""
        asked = read(SecondFactorSerializer, request)
        return let_in(login.finish_login(**asked, caller=caller(request)))


class PasskeyLoginView(OpenView):
    throttle_scope = "login"
    swagger_errors = {"POST": [InvalidCredentials, LoginExpired]}

    @swagger_auto_schema(**schema.PASSKEY_LOGIN)
    def post(self, request: Request) -> Response:
        """Sign in with a passkey, in two steps. First `{}` for the options (or the `session_token`
        of a login that waits for its second factor), then `{session_token, credential}`."""
        asked = read(PasskeyLoginSerializer, request)
        if "credential" in asked:
            return let_in(login.log_in_with_passkey(**asked, caller=caller(request)))
        options, token = login.passkey_options(**asked, caller=caller(request))
        answer = {"session_token": token, "request_options": options}
        return Response(RequestOptionsSerializer(answer).data)


class ProviderLoginView(OpenView):
    throttle_scope = "login"
    swagger_errors = {
        "POST": [
            InvalidCredentials,
            AccountExists,
            EmailMissing,
            ProviderUnavailable,
        ]
    }

    @swagger_auto_schema(**schema.PROVIDER_LOGIN)
    def post(self, request: Request, provider: str) -> Response:
        """Sign in through a provider, or open an account by it. Send what the provider gave: an
        `id_token`, an `access_token`, or a `code` with its `redirect_uri` and `code_verifier`."""
        outcome = providers.log_in_with_provider(
            provider=provider, proof=read(ProofSerializer, request), caller=caller(request)
        )
        return let_in(outcome)


class RefreshView(OpenView):
    throttle_scope = "refresh"
    swagger_errors = {"POST": [SessionOver]}

    @swagger_auto_schema(**schema.REFRESH)
    def post(self, request: Request) -> Response:
        """Swap a refresh token for new tokens.

        For ten seconds the same token returns the same new tokens, so that a lost response, or
        several tabs that refresh at once, do no harm. Later uses end the session.
        """
        asked = read(RefreshSerializer, request)
        tokens = sessions.refresh_tokens(**asked, caller=caller(request))
        return Response(TokensSerializer(tokens).data)


class LogoutView(APIView):
    swagger_tag = "accounts"

    @swagger_auto_schema(**schema.LOGOUT)
    def post(self, request: Request) -> Response:
        """End this session: its access and refresh tokens stop working at once."""
        read(LogoutSerializer, request)
        sessions.end_session(session_id=session_id(request), user_id=signed_in(request).pk)
        return Response(status=status.HTTP_204_NO_CONTENT)
