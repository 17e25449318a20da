"""Imported events in the admin, and the way to more of them."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from core.admin import ReadOnlyAdmin, time_cell
from events.admin.rows import local
from external_events.admin.find import FindsEvents
from external_events.admin.rows import (
    NOTHING,
    ButtonsOnPage,
    ImportProviderFilter,
    at_provider,
    badge,
    followed,
    link,
    links,
    outside,
    status_badge,
)
from external_events.callers import caller_of
from external_events.models import Import
from external_events.selectors import events_imported_from
from external_events.services import following, pictures

# Each may take as long as the provider takes to answer.
MOST_LOOKS = 20


@admin.register(Import)
class ImportAdmin(FindsEvents, ButtonsOnPage, ReadOnlyAdmin):
    list_display = ["event", "starts", "sold_at", "status_there"]
    list_filter = [ImportProviderFilter, "banner", "is_gone", "event__start_time"]
    list_select_related = ["event__category"]
    search_fields = ["event__title__holds", "event__external_event_id"]
    ordering = ["-event_id"]
    actions = ["look_now", "fetch_banner"]
    fieldsets = [
        (
            None,
            {"fields": ["event_link", "sold_at", "status_there", "standing_import", "also_here"]},
        ),
        ("What follows the provider", {"fields": ["follows", "own"]}),
        ("Looks", {"fields": ["seen", "next_look"]}),
        ("Banner", {"fields": ["banner", "picture", "banner_error", "banner_due"]}),
    ]
    readonly_fields = [
        "event_link", "sold_at", "status_there", "standing_import", "also_here", "follows", "own",
        "picture", "banner_due", "seen", "next_look",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Import]:
        rows: QuerySet[Import] = super().get_queryset(request)
        return rows.filter(event__deleted_at=None)

    @admin.display(description="event")
    def event_link(self, imported: Import) -> str:
        return link(imported.event)

    @admin.display(ordering="event__start_time")
    def starts(self, imported: Import) -> str:
        """With the way to the event's own page; the title leads to this one."""
        return link(imported.event, local(imported.event, imported.event.start_time))

    @admin.display(description="sold at", ordering="event__external_provider")
    def sold_at(self, imported: Import) -> str:
        return at_provider(imported.event)

    @admin.display(description="status there")
    def status_there(self, imported: Import) -> str:
        if imported.is_gone:
            return badge("gone", "danger")
        return status_badge(imported.event.external_status)

    @admin.display(description="last seen", ordering="seen_at")
    def seen(self, imported: Import) -> str:
        return time_cell(imported.seen_at)

    @admin.display(description="next look", ordering="next_look_at")
    def next_look(self, imported: Import) -> str:
        return time_cell(imported.next_look_at)

    @admin.display(description="imported by")
    def standing_import(self, imported: Import) -> str:
        return "hand" if imported.subscription is None else link(imported.subscription)

    @admin.display(description="also imported as")
    def also_here(self, imported: Import) -> str:
        event = imported.event
        copies = events_imported_from(event.external_provider, event.external_event_id)
        return links(copies.exclude(pk=event.pk)[:MOST_LOOKS]) or NOTHING

    @admin.display(description="follows the provider")
    def follows(self, imported: Import) -> str:
        return ", ".join(followed(imported)[0]) or NOTHING

    @admin.display(description="edited here")
    def own(self, imported: Import) -> str:
        return ", ".join(followed(imported)[1]) or NOTHING

    @admin.display(description="picture at the provider")
    def picture(self, imported: Import) -> str:
        """A link: whose server it is would learn who looks."""
        return outside(imported.image, "look at it there")

    @admin.display(description="fetched next")
    def banner_due(self, imported: Import) -> str:
        return time_cell(imported.banner_due_at)

    @admin.action(description="Look now", permissions=["write"])
    def look_now(self, request: HttpRequest, queryset: QuerySet[Import]) -> HttpResponse | None:
        if queryset.count() > MOST_LOOKS:
            said = f"Choose {MOST_LOOKS} at most: the provider is asked for each."
            self.message_user(request, said, messages.ERROR)
            return None

        def look(imported: Import) -> None:
            if following.look_at(event_id=imported.pk, caller=caller_of(request)) is None:
                said = f"{imported}: the provider knows it no more. It stays as it is."
                self.message_user(request, said, messages.WARNING)

        return self.write_each(request, queryset, look, "looked at")

    @admin.action(description="Fetch the banner again", permissions=["write"])
    def fetch_banner(self, request: HttpRequest, queryset: QuerySet[Import]) -> HttpResponse | None:
        def fetch(imported: Import) -> None:
            pictures.fetch_again(event_id=imported.pk)

        return self.write_each(request, queryset, fetch, "will be fetched")
