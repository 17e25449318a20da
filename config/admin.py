"""What the admin pages of every app share."""

from typing import Any

from django.http import HttpRequest
from unfold.admin import ModelAdmin


class KeptForTheRecords:
    """Mixin: rows are ended by actions, never deleted."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(KeptForTheRecords, ModelAdmin):
    """Rows that only services write: to be found and read, and changed by actions."""

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
