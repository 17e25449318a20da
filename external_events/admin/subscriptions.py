"""Admin of standing imports."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from unfold.admin import ModelAdmin

from core.admin import Actions, time_cell
from external_events.admin.rows import NOTHING, ButtonsOnPage, link, links, redirect_to
from external_events.admin.runs import RunInline, counts, state
from external_events.forms import SubscriptionForm
from external_events.models import Run, Subscription
from external_events.services import runs, subscriptions


@admin.register(Subscription)
class SubscriptionAdmin(ButtonsOnPage, Actions, ModelAdmin):
    form = SubscriptionForm
    list_display = ["__str__", "last_run_state", "last_run_counts", "next_run"]
    list_filter = ["provider", "every", "is_active"]
    list_select_related = ["last_run"]
    search_fields = ["query", "location"]
    ordering = ["-id"]
    autocomplete_fields = ["category", "organizer"]
    readonly_fields = ["next_run", "created_at", "updated_at"]
    actions = ["run_now", "dry_run_now"]
    fieldsets = [
        ("Search", {"fields": ["provider", "query", "location", "days_ahead", "limit"]}),
        ("Schedule", {"fields": ["every", "is_active", "dry_run"]}),
        ("Imported events", {"fields": ["organizer", "category"]}),
        ("Times", {"fields": ["next_run", "created_at", "updated_at"]}),
    ]

    @admin.display(description="last run")
    def last_run_state(self, subscription: Subscription) -> str:
        run = subscription.last_run
        return NOTHING if run is None else link(run, state(run))

    @admin.display(description="events")
    def last_run_counts(self, subscription: Subscription) -> str:
        run = subscription.last_run
        return NOTHING if run is None else counts(run)

    @admin.display(description="next run", ordering="next_run_at")
    def next_run(self, subscription: Subscription) -> str:
        return time_cell(subscription.next_run_at)

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return [] if obj is None else [RunInline]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fieldsets[:-1] if obj is None else self.fieldsets

    def save_model(self, request: HttpRequest, obj: Subscription, form: Any, change: bool) -> None:
        if change:
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            subscriptions.update_subscription(subscription_id=obj.pk, changes=changes)
            return
        created = subscriptions.create_subscription(details=form.cleaned_data)
        obj.pk = created.pk
        obj._state.adding = False

    def delete_model(self, request: HttpRequest, obj: Subscription) -> None:
        subscriptions.delete_subscription(subscription_id=obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> None:
        for subscription in queryset:
            self.delete_model(request, subscription)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Allow the deletion of its runs, which can't be deleted on their own."""
        to_delete, counted, _, protected = super().get_deleted_objects(objs, request)
        return to_delete, counted, set(), protected

    @admin.action(description="Run now", permissions=["write"])
    def run_now(
        self, request: HttpRequest, queryset: QuerySet[Subscription]
    ) -> HttpResponse | None:
        return self._start(request, queryset, dry_run=False)

    @admin.action(description="Dry run now (only count)", permissions=["write"])
    def dry_run_now(
        self, request: HttpRequest, queryset: QuerySet[Subscription]
    ) -> HttpResponse | None:
        return self._start(request, queryset, dry_run=True)

    def _start(
        self, request: HttpRequest, queryset: QuerySet[Subscription], *, dry_run: bool
    ) -> HttpResponse | None:
        started: list[Run] = []
        for subscription in queryset:
            run, is_new = runs.start_run(subscription_id=subscription.pk, dry_run=dry_run)
            started.append(run)
            text = "started" if is_new else "already running"
            self.message_user(request, format_html("{}: {}.", links([run]), text))
        return redirect_to(started[0]) if len(started) == 1 else None
