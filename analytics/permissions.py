"""Permissions to see numbers."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.authentication import signed_in
from accounts.models import User
from analytics.exceptions import NumbersHidden
from events.models import Event
from events.permissions import OrganizersWrite


class OrganizersAndAdmins(BasePermission):
    code = OrganizersWrite.code
    message = OrganizersWrite.message

    def has_permission(self, request: Request, view: APIView) -> bool:
        user = signed_in(request)
        return user.is_organizer or user.may("view", Event)


def check_may_see_numbers(user: User, event: Event) -> None:
    """Raises NumbersHidden."""
    if event.created_by_id != user.pk and not user.may("view", Event):
        raise NumbersHidden
