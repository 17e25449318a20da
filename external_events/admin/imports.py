"""Admin of imported events, with the pages that find and import more of them."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from core.admin import ReadOnlyAdmin, time_cell
from events.admin.rows import local
from external_events.admin.find import FindsEvents
from external_events.admin.rows import (
    NOTHING,
    ButtonsOnPage,
    ImportColumns,
    ImportProviderFilter,
    badge,
    external_link,
    link,
    links,
)
from external_events.callers import caller_of
from external_events.models import Import
from external_events.selectors import events_imported_from
from external_events.services import banners, updates

MOST_LOOKUPS = 20  # at once: each waits for a response of the provider


@admin.register(Import)
class ImportAdmin(FindsEvents, ButtonsOnPage, ImportColumns, ReadOnlyAdmin):
    list_display = ["event", "starts", "provider", "status_there"]
    list_filter = [ImportProviderFilter, "banner", "is_gone", "event__start_time"]
    list_select_related = ["event__category"]
    search_fields = ["event__title__holds", "event__external_event_id"]
    ordering = ["-event_id"]
    actions = ["look_now", "fetch_banner"]
    fieldsets = [
        (
            None,
            {"fields": ["event_link", "provider", "status_there", "standing_import", "also_here"]},
        ),
        ("Fields", {"fields": ["followed", "edited"]}),
        ("Lookups", {"fields": ["seen", "next_look"]}),
        ("Banner", {"fields": ["banner", "picture", "banner_error", "banner_due"]}),
    ]
    readonly_fields = [
        "event_link", "provider", "status_there", "standing_import", "also_here", "followed",
        "edited", "picture", "banner_due", "seen", "next_look",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Import]:
        rows: QuerySet[Import] = super().get_queryset(request)
        return rows.filter(event__deleted_at=None)

    @admin.display(description="event")
    def event_link(self, imported: Import) -> str:
        return link(imported.event)

    @admin.display(ordering="event__start_time")
    def starts(self, imported: Import) -> str:
        """Return a link to the event's own page; the title links to this one."""
        return link(imported.event, local(imported.event, imported.event.start_time))

    @admin.display(description="status there")
    def status_there(self, imported: Import) -> str:
        return badge("gone", "danger") if imported.is_gone else super().status_there(imported)

    @admin.display(description="last seen", ordering="seen_at")
    def seen(self, imported: Import) -> str:
        return time_cell(imported.seen_at)

    @admin.display(description="next lookup", ordering="next_look_at")
    def next_look(self, imported: Import) -> str:
        return time_cell(imported.next_look_at)

    @admin.display(description="imported by")
    def standing_import(self, imported: Import) -> str:
        return "hand" if imported.subscription is None else link(imported.subscription)

    @admin.display(description="also imported as")
    def also_here(self, imported: Import) -> str:
        event = imported.event
        copies = events_imported_from(event.external_provider, event.external_event_id)
        return links(copies.exclude(pk=event.pk)[:MOST_LOOKUPS]) or NOTHING

    @admin.display(description="picture at the provider")
    def picture(self, imported: Import) -> str:
        """Return a link, because an image would tell its server who looks at this page."""
        return external_link(imported.image, "Open the picture")

    @admin.display(description="next download")
    def banner_due(self, imported: Import) -> str:
        return time_cell(imported.banner_due_at)

    @admin.action(description="Look up now", permissions=["write"])
    def look_now(self, request: HttpRequest, queryset: QuerySet[Import]) -> HttpResponse | None:
        if queryset.count() > MOST_LOOKUPS:
            message = f"Choose at most {MOST_LOOKUPS} events: each needs a request to its provider."
            self.message_user(request, message, messages.ERROR)
            return None

        def look_up(imported: Import) -> None:
            if updates.update_now(event_id=imported.pk, caller=caller_of(request)) is None:
                message = f"{imported}: no longer listed by the provider. The event is unchanged."
                self.message_user(request, message, messages.WARNING)

        return self.write_each(request, queryset, look_up, "looked up")

    @admin.action(description="Download the banner again", permissions=["write"])
    def fetch_banner(self, request: HttpRequest, queryset: QuerySet[Import]) -> HttpResponse | None:
        def request_banner(imported: Import) -> None:
            banners.request_banner(event_id=imported.pk)

        return self.write_each(request, queryset, request_banner, "will be downloaded")
