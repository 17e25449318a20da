"""Cells, links and mixins that the admin pages of external events share."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from core.admin import ReadOnlyRows
from events.models import Event
from external_events.models import Import
from external_events.providers import PROVIDERS, provider_choices
from external_events.records import Status
from external_events.services.event_fields import FOLLOWED
from external_events.services.updates import edited_fields

NOTHING = "–"
_BADGES = {
    Status.RESCHEDULED.value: "warning",
    Status.POSTPONED.value: "warning",
    Status.CANCELLED.value: "danger",
}


class ProviderFilter(admin.SimpleListFilter):
    """Filter by provider, without a query for the providers in use."""

    title = "provider"
    parameter_name = "provider"
    column = "external_provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return provider_choices()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.column: self.value()}) if self.value() else queryset


class ImportProviderFilter(ProviderFilter):
    column = "event__external_provider"


class NeverDeleted(ReadOnlyRows):
    """Mixin of inlines that only show rows, to people who may view them."""

    def has_delete_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False


class ImportColumns:
    """Mixin: columns of an imported event."""

    @admin.display(description="provider", ordering="event__external_provider")
    def provider(self, imported: Import) -> str:
        return provider_link(imported.event)

    @admin.display(description="status there")
    def status_there(self, imported: Import) -> str:
        return status_badge(imported.event.external_status)

    @admin.display(description="follows the provider")
    def followed(self, imported: Import) -> str:
        own = edited_fields(imported.event, imported)
        return _field_names(name for name in FOLLOWED if name not in own)

    @admin.display(description="edited here")
    def edited(self, imported: Import) -> str:
        own = edited_fields(imported.event, imported)
        return _field_names(name for name in FOLLOWED if name in own)


def _field_names(names: Iterable[str]) -> str:
    fields = {field.name: str(field.verbose_name) for field in Event._meta.fields}
    return ", ".join(fields[name] for name in names) or NOTHING


class ButtonsOnPage:
    """Mixin: the actions of the list are also buttons on the page of a row."""

    change_form_outer_before_template = "admin/external_events/buttons.html"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        page: Any = super()
        row = self.get_object(request, object_id)  # type: ignore[attr-defined]
        buttons = [] if row is None else self.buttons_for(request, row)
        context = {**(extra_context or {}), "buttons": buttons}
        response: HttpResponse = page.change_view(request, object_id, form_url, context)
        return response

    def buttons_for(self, request: HttpRequest, row: Any) -> list[tuple[str, str]]:
        """Return names and descriptions of the actions that this user may run on the row."""
        actions = self.get_actions(request).values()  # type: ignore[attr-defined]
        return [(name, text) for _, name, text in actions if name != "delete_selected"]

    def write_each(
        self, request: HttpRequest, rows: Iterable[Any], write: Any, done: str
    ) -> HttpResponse | None:
        """Write each row; return to the page if there is only one.

        Without a transaction, because some actions call the provider.
        """
        rows = list(rows)
        self.one_by_one(request, rows, write, done)  # type: ignore[attr-defined]
        return redirect_to(rows[0]) if len(rows) == 1 else None


def redirect_to(row: Model) -> HttpResponse:
    return redirect(change_url(row))


def change_url(row: Model) -> str:
    """Return the URL of the row's page in the admin."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def link(row: Model, text: Any = None) -> str:
    label = str(row) if text is None else text
    return format_html('<a href="{}" class="text-link">{}</a>', change_url(row), label)


def links(rows: Iterable[Model]) -> str:
    """Return underlined links for messages, which have a colour of their own."""
    pairs = ((change_url(row), str(row)) for row in rows)
    return format_html_join(", ", '<a href="{}" class="underline">{}</a>', pairs)


def external_link(url: str, text: str) -> str:
    """Return a link that does not tell the other site where its visitor comes from."""
    if not url:
        return NOTHING
    return format_html(
        '<a href="{}" class="text-link" target="_blank" rel="noopener noreferrer">{} ↗</a>',
        url,
        text,
    )


def provider_link(event: Event) -> str:
    return external_link(event.external_url, provider_title(event.external_provider))


def provider_title(name: str) -> str:
    return PROVIDERS[name].title if name in PROVIDERS else name or NOTHING


def badge(text: str, kind: str = "") -> str:
    return render_to_string("unfold/helpers/label.html", {"text": text, "type": kind})


def status_badge(status: str) -> str:
    """Return a badge with the status at the provider."""
    return badge(status, _BADGES.get(status, "")) if status else NOTHING


def price_range(lowest: Any, highest: Any, currency: str) -> str:
    if lowest is None and highest is None:
        return NOTHING
    amounts = [str(amount) for amount in dict.fromkeys((lowest, highest)) if amount is not None]
    return f"{'' if highest is not None else 'from '}{' – '.join(amounts)} {currency}".strip()
