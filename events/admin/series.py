"""Admin pages of series."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from core.admin import ReadOnlyAdmin, ReadOnlyInline
from events.admin.rows import WritesByService, banner, local
from events.models import Event, Series
from events.series.changes import publish_series
from events.series.endings import cancel_series, delete_series


class DateInline(ReadOnlyInline):
    """The dates of a series; each is an event with its own page."""

    model = Event
    verbose_name_plural = "dates"
    fields = ["series_day", "starts", "status", "seats", "waiting", "own_fields"]
    related = ["tally"]
    ordering = ["start_time"]
    per_page = 25
    hide_title = True  # unfold then also hides the link to the row's page, which `starts` replaces

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        return super().get_queryset(request).filter(deleted_at=None)

    @admin.display
    def starts(self, event: Event) -> str:
        page = reverse("admin:events_event_change", args=[event.pk])
        return format_html(
            '<a href="{}" class="text-primary-600 dark:text-primary-500">{}</a>',
            page,
            local(event, event.start_time),
        )

    @admin.display(description="seats taken")
    def seats(self, event: Event) -> str:
        return str(event.tally)

    @admin.display
    def waiting(self, event: Event) -> int:
        return event.tally.waiting


@admin.register(Series)
class SeriesAdmin(WritesByService, ReadOnlyAdmin):
    service_key = "series_id"
    list_display = ["title", "recurrence_pattern", "clock", "state"]
    list_filter = ["status", "category", ("deleted_at", admin.EmptyFieldListFilter)]
    search_fields = ["title", "location", "created_by__username", "created_by__display_name"]
    inlines = [DateInline]
    actions = ["publish", "cancel", "delete_softly"]
    fieldsets = [
        (None, {"fields": ["title", "description", "status", "cancellation_reason", "created_by"]}),
        (
            "When",
            {
                "fields": [
                    "recurrence_pattern", "first_day", "local_time", "duration", "timezone",
                    "exdates", "next_day",
                ]
            },
        ),
        ("Where", {"fields": ["location", "latitude", "longitude"]}),
        ("Subject", {"fields": ["category", "tags"]}),
        ("Banner", {"fields": ["banner_shown"]}),
        ("Seats of new dates", {"fields": ["max_attendees", "requires_verified_email"]}),
        ("Refunds", {"fields": ["refund_policy", "refund_until_hours"]}),
        ("Records", {"fields": ["created_at", "updated_at", "deleted_at"]}),
    ]  # fmt: skip

    @admin.display(description="time", ordering="local_time")
    def clock(self, series: Series) -> str:
        return "All day" if series.is_all_day else f"{series.local_time:%H:%M} {series.timezone}"

    @admin.display(ordering="status")
    def state(self, series: Series) -> str:
        return "Deleted" if series.deleted_at else series.get_status_display()

    @admin.display(description="banner")
    def banner_shown(self, series: Series) -> str:
        return banner(series)

    @admin.action(
        description="Publish with all upcoming dates; reverts cancellations", permissions=["write"]
    )
    def publish(self, request: HttpRequest, queryset: QuerySet[Series]) -> None:
        self.write_each(request, queryset, publish_series, "published")

    @admin.action(description="Cancel with all upcoming dates", permissions=["write"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Series]) -> None:
        self.write_each(request, queryset, cancel_series, "cancelled")

    @admin.action(
        description="Delete with all upcoming dates; rows are kept", permissions=["remove"]
    )
    def delete_softly(self, request: HttpRequest, queryset: QuerySet[Series]) -> None:
        self.write_each(request, queryset, delete_series, "deleted")
