"""RSVPs in the admin: to be found and read, changed through the services only."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest
from unfold.admin import TabularInline

from config.admin import ReadOnlyAdmin
from config.errors import RuleBroken
from events.admin import EventAdmin
from rsvp import services
from rsvp.models import Announcement, Answer, Rsvp

Status = Rsvp.Status


class _ReadOnlyInline(TabularInline):
    extra = 0
    per_page = 25
    can_delete = False

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False


class RsvpInline(_ReadOnlyInline):
    """On the event's page: who answered, seats first, then the line in its order."""

    model = Rsvp
    fields = ["user", "status", "guests", "position", "created_at", "updated_at"]
    readonly_fields = fields
    hide_title = True
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rsvp]:
        answers: Any = super().get_queryset(request)
        order = [Status.GOING, Status.WAITLISTED, Status.INTERESTED, Status.CANCELLED]
        rank = Case(*(When(status=status, then=Value(n)) for n, status in enumerate(order)))
        answers = answers.select_related("user", "event").with_position()
        return answers.order_by(rank, "line_no", "id")  # type: ignore[no-any-return]

    @admin.display(description="place in line")
    def position(self, rsvp: Rsvp) -> int | str:
        return rsvp.waitlist_position or "–"


class AnswerInline(_ReadOnlyInline):
    model = Answer
    fk_name = "rsvp"
    fields = ["at", "from_status", "to_status", "guests"]
    readonly_fields = fields
    ordering = ["id"]
    hide_title = True


EventAdmin.inlines = [*EventAdmin.inlines, RsvpInline]


@admin.register(Rsvp)
class RsvpAdmin(ReadOnlyAdmin):
    list_display = ["event", "user", "status", "guests", "created_at", "updated_at"]
    list_filter = ["status", "event__start_time"]
    list_select_related = ["event", "user"]
    search_fields = ["event__title", "user__username", "user__email"]
    ordering = ["-id"]
    fields = ["event", "user", "status", "guests", "line_no", "created_at", "updated_at"]
    inlines = [AnswerInline]
    actions = ["cancel"]

    @admin.action(description="Cancel: seats go to whoever waits first")
    def cancel(self, request: HttpRequest, queryset: QuerySet[Rsvp]) -> None:
        count = 0
        for rsvp in queryset.select_related("user", "event").order_by("event_id", "id"):
            try:
                services.leave_event(event_id=rsvp.event_id, attendee=rsvp.user)
                count += 1
            except RuleBroken as refusal:
                self.message_user(request, f"{rsvp}: {refusal}", messages.ERROR)
        if count:
            self.message_user(request, f"{count} cancelled.", messages.SUCCESS)


@admin.register(Answer)
class AnswerAdmin(ReadOnlyAdmin):
    list_display = ["at", "event", "person", "from_status", "to_status", "guests"]
    list_filter = ["to_status", "at"]
    list_select_related = ["event", "rsvp__user"]
    search_fields = ["event__title", "rsvp__user__username"]
    ordering = ["-id"]

    @admin.display(ordering="rsvp__user__username")
    def person(self, answer: Answer) -> str:
        return str(answer.rsvp.user)


@admin.register(Announcement)
class AnnouncementAdmin(ReadOnlyAdmin):
    """What crowds are told, and how far it has come."""

    list_display = ["created_at", "event", "kind", "told", "finished_at"]
    list_filter = ["kind", ("finished_at", admin.EmptyFieldListFilter)]
    list_select_related = ["event"]
    search_fields = ["event__title", "request_id"]
    ordering = ["-id"]
    fields = [
        "event", "kind", "context", "dates", "useful_until", "request_id",
        "created_at", "told", "finished_at",
    ]  # fmt: skip
