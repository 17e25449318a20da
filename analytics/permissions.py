"""Who is told numbers."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import User
from config.errors import RuleBroken
from events.models import Event
from events.permissions import OrganizersWrite, OwnersWrite


class NumbersHidden(RuleBroken):
    status = 403
    code = OwnersWrite.code
    message = "Only the organizer of this event sees its numbers."


class OrganizersAndAdmins(BasePermission):
    code = OrganizersWrite.code
    message = OrganizersWrite.message

    def has_permission(self, request: Request, view: APIView) -> bool:
        return any(getattr(request.user, name, False) for name in ("is_organizer", "is_admin"))


def check_may_see_numbers(user: User, event: Event) -> None:
    """Raises NumbersHidden."""
    if event.created_by_id != user.pk and not user.is_admin:
        raise NumbersHidden
