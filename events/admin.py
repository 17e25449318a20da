"""Events, categories and tags in the admin; every write goes through the services."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldBooleanWidget

from accounts.authentication import signed_in
from config.admin import KeptForTheRecords
from config.errors import BadValue, RuleBroken
from config.validators import validate_timezone
from events.models import MOST_SEATS, Category, Event, Tag
from events.selectors import banner_urls
from events.services import events as services
from events.services.tallies import lock_tally

TIMES = {"start_time", "end_time"}


class EventForm(forms.ModelForm):
    """Asks the services' rules under the lock that the page's transaction then holds."""

    max_attendees = forms.IntegerField(
        min_value=1,
        max_value=MOST_SEATS,
        required=False,
        label="Seats",
        help_text="Empty: no limit.",
        widget=UnfoldAdminIntegerFieldWidget,
    )

    remove_banner = forms.BooleanField(
        required=False, label="Remove the banner", widget=UnfoldBooleanWidget
    )

    class Meta:
        model = Event
        fields = [
            "title", "description", "status", "created_by", "start_time", "end_time", "timezone",
            "location", "latitude", "longitude", "category", "tags",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in TIMES.intersection(self.fields):
            self.fields[name].help_text = "Local to the time zone below."
        if "created_by" in self.fields:
            self.fields["created_by"].required = False
            self.fields["created_by"].help_text = "Empty: you."
        if self.instance.pk and self.fields:
            self.fields["max_attendees"].initial = self.instance.tally.max_attendees
            zone = ZoneInfo(self.instance.timezone)
            for name in TIMES:
                local = getattr(self.instance, name).astimezone(zone)
                self.initial[name] = local.replace(tzinfo=None)

    def clean_timezone(self) -> str:
        """Earlier than the model's validators, as the times are read in it."""
        name: str = self.cleaned_data["timezone"]
        validate_timezone(name)
        return name

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        zone = ZoneInfo(cleaned["timezone"])
        for name in TIMES:
            cleaned[name] = cleaned[name].replace(tzinfo=zone)
        try:
            if self.instance.pk:
                tally = lock_tally(self.instance.pk)
                current = Event.objects.get(pk=self.instance.pk)
                services.check_changes(event=current, tally=tally, changes=self.changes())
            else:
                services.check_new(Event(**self._without_relations(cleaned)))
        except BadValue as refusal:
            self.add_error(refusal.field if refusal.field in self.fields else None, str(refusal))
        except RuleBroken as refusal:
            self.add_error(None, str(refusal))
        return cleaned

    def changes(self) -> dict[str, Any]:
        """What was edited; in another zone the same local times are other times."""
        changed = set(self.changed_data) | (TIMES if "timezone" in self.changed_data else set())
        removed = {"banner": ""} if self.cleaned_data.get("remove_banner") else {}
        return {name: self.cleaned_data[name] for name in changed - {"remove_banner"}} | removed

    def _without_relations(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        elsewhere = ("tags", "max_attendees", "remove_banner")
        return {k: v for k, v in cleaned.items() if k not in elsewhere}


@admin.register(Event)
class EventAdmin(KeptForTheRecords, ModelAdmin):
    form = EventForm
    list_display = [
        "title", "starts", "status", "created_by", "category",
        "seats", "interested", "waiting", "deleted_at",
    ]  # fmt: skip
    list_filter = ["status", "category", "start_time", ("deleted_at", admin.EmptyFieldListFilter)]
    list_select_related = ["tally", "created_by", "category"]
    search_fields = ["title", "location", "created_by__username"]
    date_hierarchy = "start_time"
    ordering = ["-start_time"]
    autocomplete_fields = ["category", "tags", "created_by"]
    readonly_fields = [
        "starts", "ends", "seats", "interested", "waiting", "banner_shown",
        "created_at", "updated_at", "deleted_at",
    ]  # fmt: skip
    actions = ["publish", "cancel", "delete_softly"]
    fieldsets = [
        (None, {"fields": ["title", "description", "status", "created_by"]}),
        ("When", {"fields": ["start_time", "end_time", "timezone"]}),
        ("Where", {"fields": ["location", "latitude", "longitude"]}),
        ("What about", {"fields": ["category", "tags"]}),
        ("Banner", {"fields": ["banner_shown", "remove_banner"]}),
        ("Seats", {"fields": ["max_attendees", "seats", "interested", "waiting"]}),
        ("Records", {"fields": ["created_at", "updated_at", "deleted_at"]}),
    ]

    @admin.display(description="banner")
    def banner_shown(self, event: Event) -> str:
        urls = banner_urls(event.banner)
        if urls is None:
            return "–"
        return format_html('<img src="{}" width="400" height="200" alt="">', urls["small"])

    @admin.display(description="seats taken", ordering="tally__going")
    def seats(self, event: Event) -> str:
        return str(event.tally) if event.pk else "–"

    @admin.display(ordering="tally__interested")
    def interested(self, event: Event) -> int | str:
        return event.tally.interested if event.pk else "–"

    @admin.display(ordering="tally__waiting")
    def waiting(self, event: Event) -> int | str:
        return event.tally.waiting if event.pk else "–"

    @admin.display(ordering="start_time")
    def starts(self, event: Event) -> str:
        return _local(event, event.start_time)

    @admin.display(ordering="end_time")
    def ends(self, event: Event) -> str:
        return _local(event, event.end_time)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_final = obj is not None and (obj.deleted_at is not None or obj.is_cancelled)
        return not is_final and super().has_change_permission(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Where nothing can be changed, times are shown where the event is, and no empty limit."""
        if obj is None:
            return [each for each in self.fieldsets if each[0] != "Banner"]
        if self.has_change_permission(request, obj):
            return self.fieldsets
        shown = {"start_time": "starts", "end_time": "ends"}
        inputs = ("max_attendees", "remove_banner")
        return [
            (name, {"fields": [shown.get(f, f) for f in more["fields"] if f not in inputs]})
            for name, more in self.fieldsets
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*self.readonly_fields, "created_by"] if obj else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Event, form: Any, change: bool) -> None:
        if change:
            services.update_event(event_id=obj.pk, changes=form.changes())
            return
        elsewhere = ("created_by", "remove_banner")
        details = {
            name: value for name, value in form.cleaned_data.items() if name not in elsewhere
        }
        organizer = form.cleaned_data["created_by"] or signed_in(request)
        created = services.create_event(organizer=organizer, details=details)
        obj.pk, obj.tally = created.pk, created.tally
        obj._state.adding = False

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Only what other apps show on the page: tags are written by the services."""
        for formset in formsets:
            self.save_formset(request, form, formset, change=change)

    @admin.action(description="Publish")
    def publish(self, request: HttpRequest, queryset: QuerySet[Event]) -> None:
        self._each(request, queryset, services.publish_event, "published")

    @admin.action(description="Cancel")
    def cancel(self, request: HttpRequest, queryset: QuerySet[Event]) -> None:
        self._each(request, queryset, services.cancel_event, "cancelled")

    @admin.action(description="Delete: out of the API, kept for the records")
    def delete_softly(self, request: HttpRequest, queryset: QuerySet[Event]) -> None:
        self._each(request, queryset, services.delete_event, "deleted")

    def _each(self, request: HttpRequest, queryset: QuerySet[Event], write: Any, done: str) -> None:
        """One transaction an event, so that one refusal undoes nothing else."""
        count = 0
        for event in queryset.order_by("pk"):
            if event.deleted_at is not None:
                self.message_user(request, f"{event}: deleted already.", messages.ERROR)
                continue
            try:
                with transaction.atomic():
                    write(event_id=event.pk)
                count += 1
            except RuleBroken as refusal:
                self.message_user(request, f"{event}: {refusal}", messages.ERROR)
        if count:
            self.message_user(request, f"{count} {done}.", messages.SUCCESS)


def _local(event: Event, moment: datetime) -> str:
    local = moment.astimezone(ZoneInfo(event.timezone))
    return format_html('<span style="white-space: nowrap">{}</span>', f"{local:%Y-%m-%d %H:%M %Z}")


@admin.register(Category)
class CategoryAdmin(ModelAdmin):
    list_display = ["name", "slug", "events"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        return super().get_queryset(request).annotate(event_count=Count("events"))  # type: ignore[no-any-return]

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Events keep their category: say so, not that the permission to delete them is missing."""
        to_delete, counts, _, protected = super().get_deleted_objects(objs, request)
        return to_delete, counts, set(), protected

    @admin.display(ordering="event_count")
    def events(self, category: Any) -> int:
        return int(category.event_count)


@admin.register(Tag)
class TagAdmin(ModelAdmin):
    list_display = ["name", "slug"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}
