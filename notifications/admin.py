"""Notifications, deliveries, devices and preferences: read-only, but failed ones can be resent."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin

from core import clock
from core.admin import ReadOnlyAdmin, ReadOnlyInline, time_cell
from core.text import shorten
from notifications import kinds, services
from notifications.models import Delivery, Device, Notification, Preferences
from notifications.rendering import short_text

_TOKEN_SHOWN = 8


class DeliveryInline(ReadOnlyInline):
    model = Delivery
    fields = ["channel_link", "address", "status", "attempts", "next_due", "error", "updated_at"]
    ordering = ["id"]

    @admin.display(description="channel")
    def channel_link(self, delivery: Delivery) -> str:
        page = reverse("admin:notifications_delivery_change", args=[delivery.pk])
        channel = delivery.get_channel_display()
        return format_html('<a href="{}" class="text-primary-600">{}</a>', page, channel)

    @admin.display(description="next attempt")
    def next_due(self, delivery: Delivery) -> str:
        return _next_due(delivery)


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "user", "kind", "event"]
    list_filter = ["kind", "created_at", ("planned_at", admin.EmptyFieldListFilter)]
    list_select_related = ["user"]
    search_fields = [
        "user__username", "user__display_name", "user__email", "email", "request_id",
    ]  # fmt: skip
    search_help_text = "Name, e-mail address or request ID"
    show_full_result_count = False
    fields = [
        "user", "kind", "event", "text", "email", "occasion", "useful_until", "request_id",
        "created_at", "planned_at", "read_at", "context",
    ]  # fmt: skip
    inlines = [DeliveryInline]

    @admin.display(description="event")
    def event(self, notification: Notification) -> str:
        return _event(notification)

    @admin.display(description="text")
    def text(self, notification: Notification) -> str:
        try:
            return short_text(notification)
        except kinds.UnknownKindError:  # a row of another version
            return "–"


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "recipient", "kind", "outcome"]
    list_filter = ["status", "channel", "priority", "notification__kind"]
    list_select_related = ["notification__user"]
    search_fields = [
        "address",
        "notification__user__username",
        "notification__user__display_name",
        "notification__user__email",
        "notification__request_id",
    ]
    search_help_text = "Address, name or request ID"
    show_full_result_count = False
    fields = [
        "notification", "person", "kind", "priority", "channel", "address",
        "status", "attempts", "next_due", "error", "created_at", "updated_at",
    ]  # fmt: skip
    actions = ["send_again"]

    @admin.display(description="created")
    def created_at(self, delivery: Delivery) -> str:
        return time_cell(delivery.notification.created_at)

    @admin.display(description="person")
    def person(self, delivery: Delivery) -> str:
        return str(delivery.notification.user)

    @admin.display(description="to", ordering="address")
    def recipient(self, delivery: Delivery) -> str:
        return f"{delivery.notification.user}: {delivery.channel} to {delivery.address}"

    @admin.display(description="status", ordering="status")
    def outcome(self, delivery: Delivery) -> str:
        """Return the status with attempts, the next attempt, and the error."""
        parts = [delivery.get_status_display()]
        if delivery.attempts > 1:
            parts.append(f"{delivery.attempts} attempts")
        if delivery.status in Delivery.OPEN:
            parts.append(f"next {clock.written(delivery.due_at)}")
        if delivery.error:
            parts.append(shorten(delivery.error, 60))
        return ", ".join(parts)

    @admin.display(description="kind")
    def kind(self, delivery: Delivery) -> str:
        return delivery.notification.get_kind_display()

    @admin.display(description="next attempt", ordering="due_at")
    def next_due(self, delivery: Delivery) -> str:
        return _next_due(delivery)

    @admin.action(description="Resend failed and skipped deliveries", permissions=["write"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        chosen = queryset.count()
        count = services.send_again(deliveries=queryset.order_by().values_list("pk", flat=True))
        if count:
            self.message_user(request, f"{count} will be resent.", messages.SUCCESS)
        if count < chosen:
            unchanged = f"{chosen - count} unchanged: already sent, or not finished yet."
            self.message_user(request, unchanged, messages.WARNING)


@admin.register(Device)
class DeviceAdmin(ReadOnlyAdmin):
    """Tokens are cut, because anybody who has one could send messages to the device."""

    list_display = ["user", "platform", "short_token", "created_at"]
    list_filter = ["platform", "created_at"]
    list_select_related = ["user"]
    search_fields = ["user__username", "user__display_name", "user__email"]
    show_full_result_count = False
    fields = ["user", "platform", "short_token", "created_at"]
    secret_fields = frozenset({"token"})

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(ModelAdmin.has_delete_permission(self, request, obj))

    @admin.display(description="token")
    def short_token(self, device: Device) -> str:
        shown = min(_TOKEN_SHOWN, len(device.token) // 4)
        return f"{device.token[:shown]}…"


@admin.register(Preferences)
class PreferencesAdmin(ReadOnlyAdmin):
    """People without a row have the defaults."""

    list_display = ["user", "reminders", "quiet_hours", "differences"]
    list_select_related = ["user"]
    search_fields = ["user__username", "user__display_name", "user__email"]
    show_full_result_count = False
    ordering = ["-user_id"]
    fields = ["user", "reminders", "quiet_hours", "differences"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Preferences]:
        rows: QuerySet[Preferences] = super().get_queryset(request)
        return rows.prefetch_related("user__reminder_leads")

    @admin.display(description="lead times (minutes)")
    def reminders(self, preferences: Preferences) -> str:
        if not preferences.has_own_leads:
            return "–"
        leads: Any = preferences.user.reminder_leads.all()
        return ", ".join(str(lead.minutes) for lead in leads) or "never"

    @admin.display(description="quiet hours")
    def quiet_hours(self, preferences: Preferences) -> str:
        if preferences.quiet_from is None:
            return "–"
        return f"{preferences.quiet_from:%H:%M} – {preferences.quiet_to:%H:%M}"

    @admin.display(description="differences to the defaults")
    def differences(self, preferences: Preferences) -> str:
        switchable = {kind.name for kind in kinds.switchable()}
        changed = [
            f"{kind}: {_switches(channels)}"
            for kind, channels in preferences.channels.items()
            if channels and kind in switchable
        ]
        return "; ".join(changed) or "–"


def _event(notification: Notification) -> str:
    """Return the title at the time of the notification."""
    event = notification.context.get("event")
    return f"{event['title']} (#{event['id']})" if event else "–"


def _switches(channels: dict[str, bool]) -> str:
    return ", ".join(f"{channel} {'on' if is_on else 'off'}" for channel, is_on in channels.items())


def _next_due(delivery: Delivery) -> str:
    if delivery.status not in Delivery.OPEN:
        return "–"
    return time_cell(delivery.due_at)
