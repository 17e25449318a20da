"""What the pages of events from elsewhere show and do alike."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from events.models import Event
from external_events.models import Import, ProviderName
from external_events.records import Status
from external_events.services.details import FOLLOWED
from external_events.services.following import own_fields

NOTHING = "–"
_LOUD = {
    Status.RESCHEDULED.value: "warning",
    Status.POSTPONED.value: "warning",
    Status.CANCELLED.value: "danger",
}


class ProviderFilter(admin.SimpleListFilter):
    """By who else sells the event; without a query for what there is."""

    title = "provider"
    parameter_name = "provider"
    column = "external_provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name.value, str(name.label)) for name in ProviderName]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.column: self.value()}) if self.value() else queryset


class ImportProviderFilter(ProviderFilter):
    column = "event__external_provider"


class ButtonsOnPage:
    """Mixin: the list's actions are buttons on a row's page, too, and come back to it."""

    change_form_outer_before_template = "admin/external_events/buttons.html"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        page: Any = super()
        row = self.get_object(request, object_id)  # type: ignore[attr-defined]
        buttons = [] if row is None else self.buttons_for(request, row)
        shown = {**(extra_context or {}), "buttons": buttons}
        answer: HttpResponse = page.change_view(request, object_id, form_url, shown)
        return answer

    def buttons_for(self, request: HttpRequest, row: Any) -> list[tuple[str, str]]:
        """Names and descriptions of those actions that the person may do with the row."""
        actions = self.get_actions(request).values()  # type: ignore[attr-defined]
        return [(name, text) for _, name, text in actions if name != "delete_selected"]

    def write_each(
        self, request: HttpRequest, rows: Iterable[Any], write: Any, done: str
    ) -> HttpResponse | None:
        """Write each row; return to the page if there is only one.

        Without a transaction, as for events: some actions call the provider.
        """
        rows = list(rows)
        self.one_by_one(request, rows, write, done)  # type: ignore[attr-defined]
        return page_of(rows[0]) if len(rows) == 1 else None


def page_of(row: Model) -> HttpResponse:
    return redirect(address(row))


def address(row: Model) -> str:
    """Of its page in the admin."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def link(row: Model, text: Any = None) -> str:
    shown = str(row) if text is None else text
    return format_html('<a href="{}" class="text-link">{}</a>', address(row), shown)


def links(rows: Iterable[Model]) -> str:
    """For messages, which have a colour of their own."""
    pairs = ((address(row), str(row)) for row in rows)
    return format_html_join(", ", '<a href="{}" class="underline">{}</a>', pairs)


def outside(url: str, text: str) -> str:
    """A link to somebody else's page, which learns nothing of who comes from here."""
    if not url:
        return NOTHING
    return format_html(
        '<a href="{}" class="text-link" target="_blank" rel="noopener noreferrer">{} ↗</a>',
        url,
        text,
    )


def at_provider(event: Event) -> str:
    return outside(event.external_url, provider_title(event.external_provider))


def provider_title(name: str) -> str:
    return str(ProviderName(name).label) if name in ProviderName.values else name or NOTHING


def badge(text: str, kind: str = "") -> str:
    return render_to_string("unfold/helpers/label.html", {"text": text, "type": kind})


def status_badge(status: str) -> str:
    """What the provider says of an event."""
    return badge(status, _LOUD.get(status, "")) if status else NOTHING


def price(lowest: Any, highest: Any, currency: str) -> str:
    if lowest is None and highest is None:
        return NOTHING
    told = " – ".join(str(each) for each in dict.fromkeys((lowest, highest)) if each is not None)
    return f"{'' if highest is not None else 'from '}{told} {currency}".strip()


def followed(imported: Import) -> tuple[list[str], list[str]]:
    """The fields that the provider's word still changes, and those that were edited here."""
    own = own_fields(imported.event, imported)
    names = {field.name: str(field.verbose_name) for field in Event._meta.fields}
    follow = [names[name] for name in FOLLOWED if name not in own]
    return follow, [names[name] for name in FOLLOWED if name in own]
