"""Permissions of admins in the API: the model permissions of the Django admin."""

from typing import Any

from django.db.models import Model
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.authentication import signed_in
from accounts.models import ModelAction

_ACTIONS: dict[str, ModelAction] = {
    "POST": "add",
    "PUT": "change",
    "PATCH": "change",
    "DELETE": "delete",
}


class AdminsOnly(BasePermission):
    """Let in superusers, and staff with the model permission that the method needs.

    The view sets the model in `admin_model`, and in `admin_actions` the actions of methods with
    another one than usual.
    """

    code = "admin_required"
    message = "Only admins with the matching permission can do this. Ask a superuser for it."

    def has_permission(self, request: Request, view: APIView) -> bool:
        model: type[Model] = view.admin_model  # type: ignore[attr-defined]
        return signed_in(request).may(_action_of(str(request.method), view), model)


class AdminsWrite(AdminsOnly):
    """Let everyone read; writes are for admins."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.method in SAFE_METHODS or super().has_permission(request, view)


def _action_of(method: str, view: Any) -> ModelAction:
    own: dict[str, ModelAction] = getattr(view, "admin_actions", {})
    return own.get(method) or _ACTIONS.get(method, "view")
