"""The user's profile, phone number and data export."""

from typing import Any

from drf_yasg.utils import swagger_auto_schema
from rest_framework import status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from accounts.authentication import session_id, signed_in
from accounts.exceptions import (
    EmailNotVerified,
    LastAdmin,
    OrganizerSignupClosed,
    PhoneAlreadyVerified,
    PhoneCountryNotSupported,
    PhoneMissing,
    ReauthenticationRequired,
    SmsNotConfigured,
)
from accounts.export import Part, export_of
from accounts.models import User
from accounts.openapi import profile as schema
from accounts.serializers.profile import (
    ExportParams,
    PhoneCodeSerializer,
    ProfileSerializer,
    profile_body,
)
from accounts.services import phones
from accounts.services.erasure import erase
from accounts.services.profile import update_profile
from accounts.services.reauthentication import require_recent
from accounts.views.base import AccountView
from core.api.conditional import respond
from core.api.json import JSONParser
from core.api.requests import read, read_params
from core.images.folders import StorageUnavailable
from core.images.uploads import TooBusy
from core.ratelimit.throttles import UploadsCount, client_bucket

_CHANGE_ERRORS = [OrganizerSignupClosed, EmailNotVerified, StorageUnavailable, TooBusy]


class ProfileView(UploadsCount, AccountView):
    parser_classes = [JSONParser, MultiPartParser]
    swagger_errors = {
        "PUT": _CHANGE_ERRORS,
        "PATCH": _CHANGE_ERRORS,
        "DELETE": [ReauthenticationRequired, LastAdmin],
    }

    @swagger_auto_schema(**schema.PROFILE)
    def get(self, request: Request) -> Response:
        """Return my profile."""
        body = self._body(signed_in(request), request)
        return respond(request, body, lambda: Response(body))

    @swagger_auto_schema(**schema.PROFILE_CHANGE)
    def patch(self, request: Request) -> Response:
        """Change my profile; omitted fields keep their values."""
        user = signed_in(request)
        changes = read(ProfileSerializer, request, user, partial=True)
        return Response(self._body(update_profile(user=user, changes=changes), request))

    put = patch

    @swagger_auto_schema(**schema.ERASE)
    def delete(self, request: Request) -> Response:
        """Erase my account and my personal data permanently."""
        require_recent(session_id=session_id(request))
        erase(user_id=signed_in(request).pk)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _body(self, user: User, request: Request) -> dict[str, Any]:
        return profile_body(user, base=request.build_absolute_uri("/"))


class PhoneVerifyView(AccountView):
    holds_secrets = False
    throttle_scope = "second_factor"
    swagger_errors = {
        "POST": [SmsNotConfigured, PhoneMissing, PhoneAlreadyVerified, PhoneCountryNotSupported]
    }

    @swagger_auto_schema(**schema.PHONE_VERIFY)
    def post(self, request: Request) -> Response:
        """Send a code to my phone number, or confirm the number with it."""
        user, body = signed_in(request), read(PhoneCodeSerializer, request)
        if "code" in body:
            phone = phones.confirm_phone(user=user, code=body["code"])
            return Response({"phone": phone, "phone_verified": True})
        phone = phones.send_code(user=user, network=client_bucket(request))
        data = {"phone": phone, "phone_verified": False}
        return Response(data, status=status.HTTP_202_ACCEPTED)


class ExportView(AccountView):
    throttle_scope = "export"
    throttle_safe_methods = True

    @swagger_auto_schema(**schema.EXPORT)
    def get(self, request: Request) -> Response:
        """Export all data that is stored about me. More than 5,000 events come in parts: the `Link`
        header has the URL of the next one, which has events only."""
        user, part = signed_in(request), Part(**read_params(ExportParams, request))
        document = export_of(user, part)
        headers = {"Content-Disposition": f'attachment; filename="{user.username}.json"'}
        if part.next is not None:
            url = replace_query_param(request.build_absolute_uri(), "after", part.next)
            headers["Link"] = f'<{url}>; rel="next"'
        return Response(document, headers=headers)
