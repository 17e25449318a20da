"""Sessions, passwords, e-mail addresses and reauthentication."""

from typing import Any

from allauth.usersessions.models import UserSession
from drf_yasg.utils import swagger_auto_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import caller, session_id, signed_in
from accounts.exceptions import AlreadyVerified, ReauthenticationRequired
from accounts.models import MailRequest
from accounts.openapi import credentials as schema
from accounts.serializers import security as serializers
from accounts.serializers.passkeys import PasskeyProofSerializer
from accounts.services import emails, passwords, providers, reauthentication, sessions
from accounts.services.address_changes import undo_email_change
from accounts.views.base import AccountView, OpenView, OwnListView, session_args
from core.api.requests import read


class SessionListView(OwnListView):
    queryset = UserSession.objects.order_by("-created_at", "-pk")
    serializer_class = serializers.SessionSerializer

    @swagger_auto_schema(**schema.SESSIONS)
    def get(self, request: Request) -> Response:
        """List my sessions, newest first."""
        return self.list(request)

    @swagger_auto_schema(**schema.END_OTHERS)
    def delete(self, request: Request) -> Response:
        """End all my other sessions."""
        sessions.end_all_sessions(user=signed_in(request), keep_session=session_id(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class SessionView(AccountView):
    def delete(self, request: Request, session_id: int) -> Response:
        """End one of my sessions: its tokens stop working immediately."""
        sessions.end_session(session_id=session_id, user_id=signed_in(request).pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


class PasswordChangeView(AccountView):
    throttle_scope = "login"

    @swagger_auto_schema(**schema.PASSWORD_CHANGE)
    def post(self, request: Request) -> Response:
        """Change my password. This session continues, all others end."""
        body = read(serializers.PasswordChangeSerializer, request)
        passwords.change_password(
            user=signed_in(request),
            current=body["current_password"],
            new=body["new_password"],
            **session_args(request),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class PasswordResetView(OpenView):
    throttle_scope = "reset"

    @swagger_auto_schema(**schema.PASSWORD_RESET)
    def post(self, request: Request) -> Response:
        """Request a mail with a link to set a new password. The response is the same for every
        address."""
        purpose = MailRequest.Purpose.RESET_PASSWORD
        emails.request_mail(purpose, **read(serializers.KnownEmailSerializer, request))
        return Response(status=status.HTTP_202_ACCEPTED)


class PasswordResetConfirmView(OpenView):
    throttle_scope = "reset"

    @swagger_auto_schema(**schema.PASSWORD_RESET_CONFIRM)
    def post(self, request: Request) -> Response:
        """Set a new password with the key of the link. All sessions end."""
        passwords.reset_password(
            **read(serializers.PasswordResetSerializer, request), caller=caller(request)
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class EmailVerifyView(OpenView):
    throttle_scope = "login"

    @swagger_auto_schema(**schema.EMAIL_VERIFY)
    def post(self, request: Request) -> Response:
        """Verify an e-mail address with the key of the link."""
        email = emails.verify_email(
            **read(serializers.KeySerializer, request), caller=caller(request)
        )
        return Response({"email": email, "email_verified": True})


class EmailResendView(OpenView):
    throttle_scope = "reset"

    @swagger_auto_schema(**schema.EMAIL_RESEND)
    def post(self, request: Request) -> Response:
        """Request the verification mail again. The response is the same for every address."""
        purpose = MailRequest.Purpose.VERIFY_EMAIL
        emails.request_mail(purpose, **read(serializers.KnownEmailSerializer, request))
        return Response(status=status.HTTP_202_ACCEPTED)


class EmailChangeView(AccountView):
    throttle_scope = "reset"
    swagger_errors = {"POST": [ReauthenticationRequired, AlreadyVerified]}

    @swagger_auto_schema(**schema.EMAIL_CHANGE)
    def post(self, request: Request) -> Response:
        """Change my e-mail address. The new one takes effect once it is verified by the link in
        a mail to it. The old one gets a link that undoes the change, valid for 72 hours."""
        body = read(serializers.EmailSerializer, request)
        reauthentication.require_recent(session_id=session_id(request))
        address = emails.change_email(user=signed_in(request), **body, caller=caller(request))
        data = {"email": address.email, "email_verified": address.verified}
        return Response(data, status=status.HTTP_202_ACCEPTED)


class EmailChangeUndoView(OpenView):
    throttle_scope = "login"

    @swagger_auto_schema(**schema.EMAIL_CHANGE_UNDO)
    def post(self, request: Request) -> Response:
        """Undo a change of my address with the key of the mail to the old one, once, for 72 hours.
        All sessions end; my password is removed, and also second factors, passkeys and linked
        providers that were added recently. A mail with a link for a new password follows."""
        address = undo_email_change(
            **read(serializers.KeySerializer, request), caller=caller(request)
        )
        return Response({"email": address.email, "email_verified": address.verified})


class PasskeyProofView(AccountView):
    throttle_scope = "second_factor"

    @swagger_auto_schema(**schema.PASSKEY_PROOF)
    def post(self, request: Request) -> Response:
        """Confirm my identity with a passkey, in two steps: `{}` for the options, then
        `{credential}`. The confirmation is valid for five minutes in this session."""
        body, args = read(PasskeyProofSerializer, request), session_args(request)
        if "credential" not in body:
            options = reauthentication.begin_passkey_confirmation(**args)
            return Response({"request_options": options})
        reauthentication.reauthenticate_by_passkey(**body, **args)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ReauthenticateView(AccountView):
    throttle_scope = "second_factor"

    @swagger_auto_schema(**schema.REAUTHENTICATE)
    def post(self, request: Request) -> Response:
        """Confirm my identity, for five minutes in this session."""
        body: dict[str, Any] = read(serializers.ReauthenticateSerializer, request)
        args, user = session_args(request), signed_in(request)
        if "provider" in body:
            providers.reauthenticate_by_provider(**body, **args)
        elif "password" in body:
            reauthentication.reauthenticate_by_password(user=user, **body, **args)
        else:
            reauthentication.reauthenticate_by_code(user=user, **body, **args)
        return Response(status=status.HTTP_204_NO_CONTENT)
