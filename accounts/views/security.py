"""Sessions, passwords, addresses, and proving once more who one is."""

from typing import Any

from allauth.usersessions.models import UserSession
from drf_yasg.utils import swagger_auto_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import caller, session_id, signed_in
from accounts.exceptions import AlreadyVerified, ReauthenticationRequired
from accounts.openapi import security as schema
from accounts.selectors import sessions_of
from accounts.serializers.passkeys import PasskeyProofSerializer
from accounts.serializers.security import (
    EmailSerializer,
    KeySerializer,
    KnownEmailSerializer,
    PasswordChangeSerializer,
    PasswordResetSerializer,
    ReauthenticateSerializer,
    SessionSerializer,
)
from accounts.services import emails, passwords, providers, reauthentication, sessions
from accounts.services.address_changes import undo_email_change
from accounts.views.base import OpenView, read


class SessionListView(generics.ListAPIView[UserSession]):
    queryset = UserSession.objects.none()
    serializer_class = SessionSerializer
    filter_backends: list[Any] = []
    swagger_tag = "accounts"

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return sessions_of(signed_in(self.request))

    def get_serializer_context(self) -> dict[str, Any]:
        context = dict(super().get_serializer_context())
        if not getattr(self, "swagger_fake_view", False):
            context["session_id"] = session_id(self.request)
        return context

    @swagger_auto_schema(**schema.SESSIONS)
    def get(self, request: Request) -> Response:
        """Where I am signed in, newest first."""
        return self.list(request)

    @swagger_auto_schema(**schema.END_OTHERS)
    def delete(self, request: Request) -> Response:
        """Sign out everywhere else."""
        sessions.end_other_sessions(session_id=session_id(request), user_id=signed_in(request).pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


class SessionView(APIView):
    swagger_tag = "accounts"

    @swagger_auto_schema(**schema.END_ONE)
    def delete(self, request: Request, session_id: int) -> Response:
        """End one of my sessions: its tokens stop working at once."""
        sessions.end_session(session_id=session_id, user_id=signed_in(request).pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


class PasswordChangeView(APIView):
    throttle_scope = "login"
    swagger_tag = "accounts"

    @swagger_auto_schema(**schema.PASSWORD_CHANGE)
    def post(self, request: Request) -> Response:
        """Change my password. This session goes on, all others end."""
        asked = read(PasswordChangeSerializer, request)
        passwords.change_password(
            user=signed_in(request),
            session_id=session_id(request),
            current=asked["current_password"],
            new=asked["new_password"],
            caller=caller(request),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class PasswordResetView(OpenView):
    throttle_scope = "reset"

    @swagger_auto_schema(**schema.PASSWORD_RESET)
    def post(self, request: Request) -> Response:
        """Ask for a mail with a link to a new password. The answer never tells whose it is."""
        passwords.ask_for_reset(**read(KnownEmailSerializer, request))
        return Response(status=status.HTTP_202_ACCEPTED)


class PasswordResetConfirmView(OpenView):
    throttle_scope = "reset"

    @swagger_auto_schema(**schema.PASSWORD_RESET_CONFIRM)
    def post(self, request: Request) -> Response:
        """Set the new password with the key of the link. Every session ends."""
        passwords.reset_password(**read(PasswordResetSerializer, request), caller=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class EmailVerifyView(OpenView):
    throttle_scope = "login"

    @swagger_auto_schema(**schema.EMAIL_VERIFY)
    def post(self, request: Request) -> Response:
        """Verify an address with the key of the link."""
        email = emails.verify_email(**read(KeySerializer, request), caller=caller(request))
        return Response({"email": email, "email_verified": True})


class EmailResendView(OpenView):
    throttle_scope = "reset"

    @swagger_auto_schema(**schema.EMAIL_RESEND)
    def post(self, request: Request) -> Response:
        """Ask for the verification mail again. The answer is the same for every address."""
        emails.ask_to_verify_again(**read(KnownEmailSerializer, request))
        return Response(status=status.HTTP_202_ACCEPTED)


class EmailChangeView(APIView):
    throttle_scope = "reset"
    swagger_tag = "accounts"
    swagger_errors = {"POST": [ReauthenticationRequired, AlreadyVerified]}

    @swagger_auto_schema(**schema.EMAIL_CHANGE)
    def post(self, request: Request) -> Response:
        """Change my address. The new one takes effect once the link in the mail to it was opened.
        The old one gets a link that undoes the change, valid for 72 hours."""
        address = emails.change_my_email(
            user=signed_in(request),
            session_id=session_id(request),
            **read(EmailSerializer, request),
            caller=caller(request),
        )
        return Response(
            {"email": address.email, "email_verified": address.verified},
            status=status.HTTP_202_ACCEPTED,
        )


class EmailChangeUndoView(OpenView):
    throttle_scope = "login"

    @swagger_auto_schema(**schema.EMAIL_CHANGE_UNDO)
    def post(self, request: Request) -> Response:
        """Undo a change of my address with the key of the mail to the old one, once, for 72 hours.
        All sessions end; my password is removed, and second factors, passkeys and linked providers
        that were added lately. A mail with a link for a new password follows."""
        address = undo_email_change(**read(KeySerializer, request), caller=caller(request))
        return Response({"email": address.email, "email_verified": address.verified})


class PasskeyProofView(APIView):
    throttle_scope = "second_factor"
    swagger_tag = "accounts"

    @swagger_auto_schema(**schema.PASSKEY_PROOF)
    def post(self, request: Request) -> Response:
        """Confirm my identity with a passkey, in two steps: `{}` for the options, then
        `{credential}`, which is valid for five minutes in this session."""
        proof = read(PasskeyProofSerializer, request)
        where: dict[str, Any] = {"session_id": session_id(request), "caller": caller(request)}
        if "credential" not in proof:
            options = reauthentication.passkey_proof_options(**where)
            return Response({"request_options": options})
        reauthentication.reauthenticate_by_passkey(credential=proof["credential"], **where)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ReauthenticateView(APIView):
    throttle_scope = "second_factor"
    swagger_tag = "accounts"

    @swagger_auto_schema(**schema.REAUTHENTICATE)
    def post(self, request: Request) -> Response:
        """Prove that it is me, for the next five minutes of this session."""
        asked = read(ReauthenticateSerializer, request)
        where: dict[str, Any] = {"session_id": session_id(request), "caller": caller(request)}
        user = signed_in(request)
        if "provider" in asked:
            providers.reauthenticate_by_provider(**asked, **where)
        elif "password" in asked:
            reauthentication.reauthenticate_by_password(
                user=user, password=asked["password"], **where
            )
        else:
            reauthentication.reauthenticate_by_code(user=user, code=asked["code"], **where)
        return Response(status=status.HTTP_204_NO_CONTENT)
