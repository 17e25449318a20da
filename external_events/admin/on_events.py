"""The source of an imported event, on the event's own admin page."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import StackedInline

from events.models import Event
from external_events.admin.rows import ImportColumns, NeverDeleted, link, price_range
from external_events.models import Import


class ImportInline(NeverDeleted, ImportColumns, StackedInline):
    model = Import
    verbose_name = verbose_name_plural = "imported from a provider"
    fields = ["provider", "status_there", "price", "end", "followed", "edited", "record"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Import]:
        """Return the rows without the inline's check of permissions, which has no event."""
        return Import.objects.select_related("event__category")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Hide the import on the form of a new event, which has none."""
        is_imported = isinstance(obj, Event) and bool(obj.external_provider)
        return is_imported and bool(super().has_view_permission(request, obj))

    @admin.display(description="price")
    def price(self, imported: Import) -> str:
        return price_range(imported.event.price, None, imported.event.currency)

    @admin.display(description="end")
    def end(self, imported: Import) -> str:
        return "known" if imported.event.end_time_known else "estimated here"

    @admin.display(description="record")
    def record(self, imported: Import) -> str:
        return link(imported, "Details of the import")
