"""Base classes for the admin pages of every app."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, tzinfo
from typing import Any

from django.contrib import messages
from django.contrib.admin import helpers
from django.contrib.auth import get_permission_codename
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.html import format_html
from unfold.admin import ModelAdmin, TabularInline

from core import clock
from core.errors import RuleBroken


def time_cell(at: datetime | None, zone: tzinfo = UTC) -> str:
    """Return the time as `core.clock` writes it; the line can only break before the zone."""
    if at is None:
        return "–"
    words, name = clock.written(at, zone).rsplit(" ", 1)
    template = '<span><span class="whitespace-nowrap">{}</span> {}</span>'
    return format_html(template, words, name)


class Actions:
    """Mixin for actions that need the model permission to change or to delete.

    `has_change_permission` and `has_delete_permission` are about forms, and are False on pages
    whose rows change by actions only. So actions put `write` or `remove` in their `permissions`.
    """

    admin_site: Any
    opts: Any
    message_user: Any

    def has_write_permission(self, request: HttpRequest) -> bool:
        return self._has_permission(request, "change")

    def has_remove_permission(self, request: HttpRequest) -> bool:
        return self._has_permission(request, "delete")

    def _has_permission(self, request: HttpRequest, action: str) -> bool:
        codename = get_permission_codename(action, self.opts)
        return request.user.has_perm(f"{self.opts.app_label}.{codename}")

    def one_by_one(
        self, request: HttpRequest, rows: Iterable[Any], write: Callable[[Any], object], done: str
    ) -> list[Any]:
        """Call a service for each row, and return the rows for which it succeeded.

        A refusal is shown with its row, and the other rows stay written.
        """
        written = []
        for row in rows:
            try:
                write(row)
            except RuleBroken as refusal:
                self.message_user(request, f"{row}: {refusal}", messages.ERROR)
            else:
                written.append(row)
        if written:
            self.message_user(request, f"{len(written)} {done}.", messages.SUCCESS)
        return written

    def ask(
        self, request: HttpRequest, template: str, title: str, **context: Any
    ) -> TemplateResponse:
        """Return the page that asks before an action."""
        site = self.admin_site.each_context(request)
        name = helpers.ACTION_CHECKBOX_NAME
        page = {"title": title, "opts": self.opts, "action_checkbox_name": name}
        return TemplateResponse(request, template, site | page | context)


class KeptForTheRecords(Actions):
    """Mixin for rows that actions can end, but nobody can delete."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class _OnlyRead:
    """Mixin for rows that only services write."""

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False


class ReadOnlyAdmin(_OnlyRead, KeptForTheRecords, ModelAdmin):
    """Admin for rows that only services write: staff can find and read them, and run actions.

    `secret_fields` are columns that are not shown and can't be filters: a filter such as
    `?token__startswith=a` would reveal them character by character.
    """

    secret_fields: frozenset[str] = frozenset()
    ordering = ["-id"]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        is_secret = lookup.split("__")[0] in self.secret_fields
        return not is_secret and bool(super().lookup_allowed(lookup, value, request))


class ReadOnlyRows(_OnlyRead):
    """Mixin for inlines that show related rows; `related` are the relations to load with them."""

    related: list[str] = []
    extra = 0
    can_delete = False
    hide_title = True

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields  # type: ignore[attr-defined]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)  # type: ignore[misc]
        return rows.select_related(*self.related) if self.related else rows


class ReadOnlyInline(ReadOnlyRows, TabularInline):
    """A table of related rows."""
