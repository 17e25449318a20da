"""What an event's own page shows of where it is from."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import StackedInline

from events.admin import EventAdmin
from events.models import Event
from external_events.admin.rows import (
    NOTHING,
    ProviderFilter,
    at_provider,
    followed,
    link,
    price,
    status_badge,
)
from external_events.models import Import


class ImportInline(StackedInline):
    """Only where it was imported."""

    model = Import
    verbose_name = verbose_name_plural = "from elsewhere"
    fields = ["sold_at", "status_there", "costs", "end", "follows", "own", "record"]
    readonly_fields = fields
    can_delete = False
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Import]:
        rows: QuerySet[Import] = super().get_queryset(request)
        return rows.select_related("event__category")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Hide the import on the form of a new event, which has none."""
        is_imported = isinstance(obj, Event) and bool(obj.external_provider)
        return is_imported and bool(super().has_view_permission(request, obj))

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    @admin.display(description="sold at")
    def sold_at(self, imported: Import) -> str:
        return at_provider(imported.event)

    @admin.display(description="status there")
    def status_there(self, imported: Import) -> str:
        return status_badge(imported.event.external_status)

    @admin.display(description="price")
    def costs(self, imported: Import) -> str:
        return price(imported.event.price, None, imported.event.currency)

    @admin.display(description="end")
    def end(self, imported: Import) -> str:
        return "known" if imported.event.end_time_known else "a guess of ours"

    @admin.display(description="follows the provider")
    def follows(self, imported: Import) -> str:
        return ", ".join(followed(imported)[0]) or NOTHING

    @admin.display(description="edited here, and left alone")
    def own(self, imported: Import) -> str:
        return ", ".join(followed(imported)[1]) or NOTHING

    @admin.display(description="record")
    def record(self, imported: Import) -> str:
        return link(imported, "What is remembered of the import")


EventAdmin.inlines = [ImportInline, *EventAdmin.inlines]
_filters: list[Any] = [*EventAdmin.list_filter, ProviderFilter]
EventAdmin.list_filter = _filters
