"""RSVPs in the admin: read-only, except for actions that call the services."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import path

from accounts.authentication import signed_in
from core.admin import ReadOnlyAdmin, ReadOnlyInline
from events.models import Event
from rsvp import services
from rsvp.attendee_files import attendee_file
from rsvp.check_in import Scan, check_in, undo_check_in
from rsvp.models import Announcement, CheckIn, Rsvp, RsvpChange, RsvpTicket
from rsvp.selectors import EVERY_STATUS

Status = Rsvp.Status


class RsvpInline(ReadOnlyInline):
    """RSVPs on the page of an event: seats first, then the waitlist in its order."""

    model = Rsvp
    fields = [
        "user", "status", "guests", "position", "arrived", "checked_in_at", "is_confirmed",
        "created_at",
    ]  # fmt: skip
    related = ["user", "event"]
    per_page = 25
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rsvp]:
        rsvps: Any = super().get_queryset(request)
        order = [Status.GOING, Status.WAITLISTED, Status.INTERESTED, Status.CANCELLED]
        rank = Case(*(When(status=status, then=Value(n)) for n, status in enumerate(order)))
        return rsvps.with_position().order_by(rank, "line_no", "id")  # type: ignore[no-any-return]

    @admin.display(description="waitlist place")
    def position(self, rsvp: Rsvp) -> int | str:
        return rsvp.waitlist_position or "–"


class RsvpTicketInline(ReadOnlyInline):
    model = RsvpTicket
    fields = ["ticket_type", "quantity"]
    related = ["ticket_type"]
    ordering = ["ticket_type__position", "ticket_type"]


class RsvpChangeInline(ReadOnlyInline):
    model = RsvpChange
    fk_name = "rsvp"
    fields = ["at", "from_status", "to_status", "guests"]
    ordering = ["id"]
    per_page = 25


class CheckInInline(ReadOnlyInline):
    model = CheckIn
    fields = [
        "at", "people", "is_walk_in", "paid_at_the_door", "by", "recorded_at", "former_times",
    ]  # fmt: skip
    related = ["by", "former_times"]
    ordering = ["id"]
    per_page = 25


@admin.register(Rsvp)
class RsvpAdmin(ReadOnlyAdmin):
    list_display = ["event", "user", "status", "people"]
    list_filter = [
        "status", ("checked_in_at", admin.EmptyFieldListFilter), "is_confirmed",
        "event__start_time",
    ]  # fmt: skip
    list_select_related = ["event", "user"]
    search_fields = ["event__title__holds", "user__username", "user__display_name", "user__email"]
    fields = [
        "event", "user", "status", "guests", "code", "line_no", "arrived", "checked_in_at",
        "is_confirmed", "own_status", "created_at", "updated_at",
    ]  # fmt: skip
    inlines = [RsvpTicketInline, RsvpChangeInline, CheckInInline]
    actions = ["cancel", "check_in", "undo_check_in"]

    @admin.display
    def people(self, rsvp: Rsvp) -> str:
        """Return the size of the party, and how many of it have arrived."""
        arrived = f", {rsvp.arrived} arrived" if rsvp.arrived else ""
        return f"{rsvp.party}{arrived}" + ("" if rsvp.is_confirmed else ", unconfirmed walk-in")

    def get_urls(self) -> list[Any]:
        attendees = self.admin_site.admin_view(self.attendees)
        name = "rsvp_rsvp_attendees"
        return [path("attendees-<id:event_id>.csv", attendees, name=name), *super().get_urls()]

    def attendees(self, request: HttpRequest, event_id: int) -> HttpResponseBase:
        """Stream all RSVPs of an event as CSV, to its owner and to staff who may view RSVPs."""
        event = get_object_or_404(Event, pk=event_id)
        if event.created_by_id != request.user.pk and not self.has_view_permission(request):
            raise PermissionDenied
        after = request.GET.get("after", "")
        return attendee_file(request, event, after=after, status=EVERY_STATUS)

    @admin.action(description="Cancel: seats go to the waitlist", permissions=["write"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Rsvp]) -> None:
        def leave(rsvp: Rsvp) -> None:
            services.leave_event(event_id=rsvp.event_id, attendee=rsvp.user, by=signed_in(request))

        self.one_by_one(request, _in_order(queryset), leave, "cancelled")

    @admin.action(description="Check in, also before and after the event", permissions=["write"])
    def check_in(self, request: HttpRequest, queryset: QuerySet[Rsvp]) -> None:
        correct = self._correction(request, check_in)
        self.one_by_one(request, _in_order(queryset), correct, "checked in")

    @admin.action(
        description="Undo check-in, also before and after the event", permissions=["write"]
    )
    def undo_check_in(self, request: HttpRequest, queryset: QuerySet[Rsvp]) -> None:
        correct = self._correction(request, undo_check_in)
        self.one_by_one(request, _in_order(queryset), correct, "undone")

    def _correction(self, request: HttpRequest, service: Any) -> Callable[[Rsvp], None]:
        by = signed_in(request)

        def correct(rsvp: Rsvp) -> None:
            scan = Scan(user_id=rsvp.user_id)
            service(event_id=rsvp.event_id, scan=scan, by=by, is_correction=True)

        return correct


def _in_order(queryset: QuerySet[Rsvp]) -> QuerySet[Rsvp]:
    return queryset.select_related("user", "event").order_by("event_id", "id")


@admin.register(RsvpChange)
class RsvpChangeAdmin(ReadOnlyAdmin):
    list_display = ["at", "event", "person", "change"]
    list_filter = ["to_status", "at"]
    list_select_related = ["event", "rsvp__user"]
    search_fields = ["event__title__holds", "rsvp__user__username", "rsvp__user__display_name"]

    @admin.display(ordering="rsvp__user__username")
    def person(self, change: RsvpChange) -> str:
        return str(change.rsvp.user)

    @admin.display(ordering="to_status")
    def change(self, change: RsvpChange) -> str:
        guests = f", {change.guests} guests" if change.guests else ""
        return f"{change.from_status or 'new'} → {change.to_status}{guests}"


@admin.register(CheckIn)
class CheckInAdmin(ReadOnlyAdmin):
    """The history of check-ins, also for former dates of moved events."""

    list_display = ["at", "event", "person", "summary"]
    list_filter = [
        "is_walk_in",
        "paid_at_the_door",
        ("former_times", admin.EmptyFieldListFilter),
        "at",
    ]
    list_select_related = ["event", "former_times", "rsvp__user", "by"]
    search_fields = [
        "event__title__holds", "rsvp__user__username", "rsvp__user__display_name", "by__username",
        "by__display_name",
    ]  # fmt: skip

    @admin.display(ordering="rsvp__user__username")
    def person(self, check_in: CheckIn) -> str:
        return str(check_in.rsvp.user)

    @admin.display(description="people", ordering="people")
    def summary(self, check_in: CheckIn) -> str:
        by = f" by {check_in.by}" if check_in.by else ""
        walk_in = ", walk-in" if check_in.is_walk_in else ""
        paid = ", paid at check-in" if check_in.paid_at_the_door else ""
        former = f", for {check_in.former_times}" if check_in.former_times else ""
        return f"{check_in.people:+}{by}{walk_in}{paid}{former}"


@admin.register(Announcement)
class AnnouncementAdmin(ReadOnlyAdmin):
    """Announcements, and how many people have been notified."""

    list_display = ["created_at", "event", "kind", "told"]
    list_filter = ["kind", ("finished_at", admin.EmptyFieldListFilter)]
    list_select_related = ["event"]
    search_fields = ["event__title__holds", "request_id"]
    fields = [
        "event", "kind", "context", "dates", "useful_until", "request_id",
        "created_at", "told", "finished_at", "changes",
    ]  # fmt: skip
