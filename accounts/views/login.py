"""Register, log in, refresh and log out."""

from drf_yasg.utils import swagger_auto_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import caller, session_id, signed_in
from accounts.exceptions import (
    AccountExists,
    EmailMissing,
    IncorrectCode,
    InvalidCredentials,
    LoginExpired,
    SessionOver,
)
from accounts.openapi import credentials as schema
from accounts.serializers import login as serializers
from accounts.serializers.passkeys import PasskeyLoginSerializer
from accounts.serializers.security import ProofSerializer, RequestOptionsSerializer
from accounts.services import login, providers, sessions
from accounts.services.registration import register
from accounts.views.base import AccountView, OpenView, login_response
from core.api.requests import read
from core.errors import ProviderUnavailable


class RegisterView(OpenView):
    throttle_scope = "register"

    @swagger_auto_schema(**schema.REGISTER)
    def post(self, request: Request) -> Response:
        """Create an account. `is_organizer` allows it to create events. A mail with a link to
        verify the address follows; logging in works immediately."""
        user = register(**read(serializers.RegisterSerializer, request))
        return Response(serializers.RegisterSerializer(user).data, status=status.HTTP_201_CREATED)


class LoginView(OpenView):
    throttle_scope = "login"
    swagger_errors = {"POST": [InvalidCredentials]}

    @swagger_auto_schema(**schema.LOGIN)
    def post(self, request: Request) -> Response:
        """Log in by username or e-mail address. With a second factor: 202, then `/login/2fa/`."""
        body = read(serializers.LoginSerializer, request)
        outcome = login.log_in(
            login=body["username"], password=body["password"], caller=caller(request)
        )
        return login_response(outcome)


class SecondFactorLoginView(OpenView):
    throttle_scope = "second_factor"
    swagger_errors = {"POST": [IncorrectCode, LoginExpired]}

    @swagger_auto_schema(**schema.SECOND_FACTOR)
    def post(self, request: Request) -> Response:
        """Finish a login with a code of the app or a recovery code."""
        body = read(serializers.SecondFactorSerializer, request)
        return login_response(login.finish_login(**body, caller=caller(request)))


class PasskeyLoginView(OpenView):
    throttle_scope = "login"
    swagger_errors = {"POST": [InvalidCredentials, LoginExpired]}

    @swagger_auto_schema(**schema.PASSKEY_LOGIN)
    def post(self, request: Request) -> Response:
        """Log in with a passkey, in two steps. First `{}` for the options (or the `session_token`
        of a login that waits for its second factor), then `{session_token, credential}`."""
        body = read(PasskeyLoginSerializer, request)
        if "credential" in body:
            return login_response(login.log_in_with_passkey(**body, caller=caller(request)))
        options, token = login.passkey_options(**body, caller=caller(request))
        data = {"session_token": token, "request_options": options}
        return Response(RequestOptionsSerializer(data).data)


class ProviderLoginView(OpenView):
    throttle_scope = "login"
    swagger_errors = {
        "POST": [InvalidCredentials, AccountExists, EmailMissing, ProviderUnavailable]
    }

    @swagger_auto_schema(**schema.PROVIDER_LOGIN)
    def post(self, request: Request, provider: str) -> Response:
        """Log in through a provider, or create an account with it. Send what the provider
        returned: an `id_token`, an `access_token`, or a `code` with its `redirect_uri` and
        `code_verifier`."""
        outcome = providers.log_in_with_provider(
            provider=provider, proof=read(ProofSerializer, request), caller=caller(request)
        )
        return login_response(outcome)


class RefreshView(OpenView):
    throttle_scope = "refresh"
    swagger_errors = {"POST": [SessionOver]}

    @swagger_auto_schema(**schema.REFRESH)
    def post(self, request: Request) -> Response:
        """Exchange a refresh token for new tokens.

        For ten seconds the same token returns the same new tokens, so that a lost response, or
        several tabs that refresh at once, do no harm. Later uses end the session.
        """
        body = read(serializers.RefreshSerializer, request)
        tokens = sessions.refresh_tokens(**body, caller=caller(request))
        return Response(serializers.TokensSerializer(tokens).data)


class LogoutView(AccountView):
    @swagger_auto_schema(**schema.LOGOUT)
    def post(self, request: Request) -> Response:
        """End this session: its access and refresh tokens stop working immediately."""
        read(serializers.LogoutSerializer, request)
        sessions.end_session(session_id=session_id(request), user_id=signed_in(request).pk)
        return Response(status=status.HTTP_204_NO_CONTENT)
