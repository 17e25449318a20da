"""Permissions on events, series and tags."""

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.authentication import signed_in
from accounts.permissions import AdminsOnly, AdminsWrite
from accounts.selectors import require_verified_email_to_organize
from events.models import Event, Series


class OrganizersWrite(BasePermission):
    code = "organizer_required"
    message = "Only organizers can do that."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Raise EmailNotVerified for organizers, which is clearer than a plain refusal."""
        if request.method in SAFE_METHODS:
            return True
        if not getattr(request.user, "is_organizer", False):
            return False
        require_verified_email_to_organize(signed_in(request))
        return True


class OwnersWrite(BasePermission):
    code = "owner_required"
    message = "Only the organizer of this event can do that."

    def has_object_permission(self, request: Request, view: APIView, row: Event | Series) -> bool:
        return request.method in SAFE_METHODS or row.created_by_id == request.user.pk


class OwnersAndAdmins(AdminsOnly):
    """Allow the owner of the event, and admins with rights on the view's `admin_model`."""

    code = "owner_required"
    message = "Only the organizer of this event and admins can see and change its helpers."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return True

    def has_object_permission(self, request: Request, view: APIView, row: Event) -> bool:
        return row.created_by_id == request.user.pk or super().has_permission(request, view)


class OwnersAndAdminsSell(OwnersAndAdmins):
    message = "Only the organizer of this event and admins can change its ticket types."

    def has_object_permission(self, request: Request, view: APIView, row: Event) -> bool:
        is_read = request.method in SAFE_METHODS
        return is_read or super().has_object_permission(request, view, row)


class CodesForOwnersAndAdmins(OwnersAndAdmins):
    message = "Only the organizer of this event and admins can see and change its codes."


class OwnersOnly(OwnersWrite):
    message = "Only the organizer of this series can see and change it."

    def has_object_permission(self, request: Request, view: APIView, row: Event | Series) -> bool:
        return row.created_by_id == request.user.pk


class OrganizersAdd(OrganizersWrite):
    """Allow organizers to POST, and admins to write."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if AdminsWrite().has_permission(request, view):
            return True
        return request.method == "POST" and super().has_permission(request, view)
