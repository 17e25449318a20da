"""Who may do what with events."""

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.authentication import signed_in
from accounts.selectors import require_verified_email_to_organize
from events.models import Event, Series


class OrganizersWrite(BasePermission):
    code = "organizer_required"
    message = "Only organizers may do that."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Raises EmailNotVerified, which tells an organizer more than a plain refusal."""
        if request.method in SAFE_METHODS:
            return True
        if not getattr(request.user, "is_organizer", False):
            return False
        require_verified_email_to_organize(signed_in(request))
        return True


class OwnersWrite(BasePermission):
    code = "owner_required"
    message = "Only the organizer of this event may do that."

    def has_object_permission(self, request: Request, view: APIView, row: Event | Series) -> bool:
        return request.method in SAFE_METHODS or row.created_by_id == request.user.pk


class OwnersAndAdmins(BasePermission):
    code = "owner_required"
    message = "Only the organizer of this event may see and name its helpers."

    def has_object_permission(self, request: Request, view: APIView, row: Event) -> bool:
        is_admin = bool(getattr(request.user, "is_admin", False))
        return is_admin or row.created_by_id == request.user.pk


class OwnersOnly(OwnersWrite):
    message = "Only the organizer of this series may see and change it."

    def has_object_permission(self, request: Request, view: APIView, row: Event | Series) -> bool:
        return row.created_by_id == request.user.pk


class AdminsWrite(BasePermission):
    code = "admin_required"
    message = "Only admins may do that."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.method in SAFE_METHODS or bool(getattr(request.user, "is_admin", False))


class AdminsOnly(AdminsWrite):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(getattr(request.user, "is_admin", False))


class OrganizersAdd(OrganizersWrite):
    """Organizers may POST; everything else is for admins."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        is_admin = bool(getattr(request.user, "is_admin", False))
        return is_admin or (
            request.method in ("POST", *SAFE_METHODS) and super().has_permission(request, view)
        )
