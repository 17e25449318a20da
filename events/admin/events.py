"""Admin pages of events."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin

from accounts.authentication import signed_in
from core import clock
from core.admin import KeptForTheRecords
from events.admin import registry
from events.admin.filters import OrganizerFilter, WhenFilter, shows_upcoming
from events.admin.helpers import HelperInline, save_helpers
from events.admin.rows import WritesByService, banner, local
from events.admin.tickets import CodeInline, TicketTypeInline
from events.exceptions import DeletedAlready
from events.forms import EventForm, HandOverForm
from events.models import Event, Helper
from events.series.endings import delete_occurrence
from events.services import events as services
from events.services import handover

_COUNTS = ("seats", "interested", "waiting")
# Fieldsets that are not on the form of a new event.
_LATER_FIELDSETS = ("Banner", "Series", "Reviews")


registry.LIST_FILTERS += [
    WhenFilter, "status", "category", ("deleted_at", admin.EmptyFieldListFilter), OrganizerFilter,
]  # fmt: skip
registry.register_inline(TicketTypeInline, order=15)
registry.register_inline(CodeInline, order=16)
registry.register_inline(HelperInline, order=20)


@admin.register(Event)
class EventAdmin(WritesByService, KeptForTheRecords, ModelAdmin):
    service_key = "event_id"
    form = EventForm
    # Four columns, because more do not fit on a phone.
    list_display = ["title", "starts", "seats", "state"]
    list_filter = registry.LIST_FILTERS
    list_select_related = ["tally"]
    search_fields = [
        "title__holds", "location__holds", "created_by__username", "created_by__display_name",
    ]  # fmt: skip
    date_hierarchy = "start_time"
    autocomplete_fields = ["category", "tags", "created_by"]
    readonly_fields = [
        "starts", "ends", *_COUNTS, "stars", "banner_shown", "series",
        "series_day", "created_at", "updated_at", "deleted_at",
    ]  # fmt: skip
    inlines = registry.INLINES
    actions = ["publish", "cancel", "hand_over", "delete_softly"]
    fieldsets = [
        (None, {"fields": ["title", "description", "status", "cancellation_reason", "created_by"]}),
        ("When", {"fields": ["start_time", "end_time", "is_all_day", "timezone"]}),
        ("Series", {"fields": ["series", "series_day"]}),
        ("Where", {"fields": ["location", "latitude", "longitude"]}),
        ("Subject", {"fields": ["category", "tags"]}),
        ("Banner", {"fields": ["banner_shown", "remove_banner"]}),
        ("Seats", {"fields": ["max_attendees", "requires_verified_email", *_COUNTS]}),
        ("Refunds", {"fields": ["refund_policy", "refund_until_hours"]}),
        ("Reviews", {"fields": ["stars"]}),
        ("Records", {"fields": ["created_at", "updated_at", "deleted_at"]}),
    ]

    @admin.display(description="banner")
    def banner_shown(self, event: Event) -> str:
        return banner(event)

    @admin.display(description="seats taken", ordering="tally__going")
    def seats(self, event: Event) -> str:
        return str(event.tally) if event.pk else "–"

    @admin.display(ordering="tally__interested")
    def interested(self, event: Event) -> int | str:
        return event.tally.interested if event.pk else "–"

    @admin.display(ordering="tally__waiting")
    def waiting(self, event: Event) -> int | str:
        return event.tally.waiting if event.pk else "–"

    @admin.display(description="rating", ordering="rating__score")
    def stars(self, event: Event) -> str:
        return str(event.rating) if event.pk else "–"

    @admin.display(ordering="status")
    def state(self, event: Event) -> str:
        return "Deleted" if event.deleted_at else event.get_status_display()

    @admin.display(ordering="start_time")
    def starts(self, event: Event) -> str:
        return clock.day(event.days[0]) if event.days else local(event, event.start_time)

    @admin.display(ordering="end_time")
    def ends(self, event: Event) -> str:
        return clock.day(event.days[1]) if event.days else local(event, event.end_time)

    class Media:
        css = {"all": ["events/event-form.css"]}

    def get_ordering(self, request: HttpRequest) -> list[str]:
        """Sort upcoming events soonest first, others latest first."""
        return ["start_time", "id"] if shows_upcoming(request) else ["-start_time", "-id"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse staff whose organizer role was revoked."""
        return super().has_add_permission(request) and signed_in(request).may_organize

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_final = obj is not None and (obj.deleted_at is not None or obj.is_cancelled)
        return not is_final and super().has_change_permission(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """On read-only pages, show local times, and hide fields that only the form has."""
        if obj is None:
            return [fieldset for fieldset in self.fieldsets if fieldset[0] not in _LATER_FIELDSETS]
        if self.has_change_permission(request, obj):
            return self.fieldsets
        cells = {"start_time": "starts", "end_time": "ends"}
        inputs = ("max_attendees", "remove_banner")
        return [
            (name, {"fields": [cells.get(f, f) for f in options["fields"] if f not in inputs]})
            for name, options in self.fieldsets
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*self.readonly_fields, "created_by"] if obj else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Event, form: Any, change: bool) -> None:
        if change:
            services.update_event(event_id=obj.pk, changes=form.changes())
            return
        details = dict(form.cleaned_data)
        del details["created_by"], details["remove_banner"]
        organizer = form.cleaned_data["created_by"] or signed_in(request)
        created = services.create_event(organizer=organizer, details=details, is_counted=False)
        obj.pk, obj.tally = created.pk, created.tally
        obj._state.adding = False

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the formsets only, because the services write tags."""
        for formset in formsets:
            if formset.model is Helper:
                save_helpers(formset)
            else:
                self.save_formset(request, form, formset, change=change)

    @admin.action(description="Publish; reverts cancellations", permissions=["write"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Event]) -> None:
        self.write_each(request, queryset, services.publish_event, "published")

    @admin.action(description="Cancel", permissions=["write"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Event]) -> None:
        self.write_each(request, queryset, services.cancel_event, "cancelled")

    @admin.action(description="Hand over to another organizer", permissions=["write"])
    def hand_over(self, request: HttpRequest, queryset: QuerySet[Event]) -> TemplateResponse | None:
        form = HandOverForm(request.POST if "confirmed" in request.POST else None)
        if not form.is_valid():
            events = queryset.select_related("created_by", "series").order_by("start_time")
            context = {"events": events, "form": form, "media": form.media}
            return self.ask(request, "events/admin_hand_over.html", "Hand over?", **context)
        new_owner = form.cleaned_data["new_owner"]
        handed_over: list[Event] = []

        def write(event: Event) -> None:
            if event.deleted_at is not None:
                raise DeletedAlready
            handed_over.extend(handover.hand_over(event_id=event.pk, new_owner=new_owner))

        for event in self.one_by_one(request, queryset.order_by("pk"), write, "handed over"):
            self.log_change(request, event, f"Handed over to {new_owner.username}.")
        handover.notify_new_owner(events=handed_over, new_owner=new_owner)
        return None

    @admin.action(description="Delete; rows are kept", permissions=["remove"])
    def delete_softly(self, request: HttpRequest, queryset: QuerySet[Event]) -> None:
        self.write_each(request, queryset, delete_occurrence, "deleted")
