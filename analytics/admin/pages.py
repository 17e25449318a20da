"""The pages of one event: its numbers, and its live attendance."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.authentication import signed_in
from accounts.models import User
from analytics import selectors
from analytics.admin import attendance, charts, figures
from analytics.admin.ranges import Ranges
from analytics.admin.scope import event_attended_by, event_seen_by, seen_among
from analytics.event_files import event_file
from core import clock
from core.errors import RuleBroken
from core.validators import zone_or_utc
from events.models import Event
from reviews.models import MOST_STARS, Review
from rsvp.check_in import close_check_in, reopen_check_in
from rsvp.permissions import may_correct

_LATEST_REVIEWS = 5


def urls() -> list[Any]:
    """Return the URLs of these pages, which are for staff only."""
    event = "analytics/events/<id:event_id>"
    return [
        path("analytics/events.csv", _only_read(events_file), name="analytics_events"),
        path(f"{event}/", _only_read(event_page), name="analytics_event"),
        path(f"{event}/attendance/", _only_read(attendance_page), name="analytics_attendance"),
        path(f"{event}/attendance.json", _only_read(attendance_now), name="analytics_now"),
        path(
            f"{event}/check-in/",
            admin.site.admin_view(require_POST(close_or_reopen_check_in)),
            name="analytics_check_in",
        ),
    ]


def _only_read(page: Callable[..., HttpResponseBase]) -> Any:
    return admin.site.admin_view(require_safe(page))


def events_file(request: HttpRequest) -> HttpResponseBase:
    """Return the events of the dashboard as a CSV file."""
    events = selectors.events_seen_by(signed_in(request))
    after = request.GET.get("after", "")
    return event_file(request, events, Ranges.up_to_today(request).period, after=after)


def event_page(request: HttpRequest, event_id: int) -> HttpResponse:
    event = event_seen_by(signed_in(request), event_id)
    ranges = Ranges.up_to_event(request, event)
    numbers = selectors.of_event(event, ranges.period)
    quarters = attendance.by_quarter(numbers["arrivals"], zone_or_utc(event.timezone))
    return _page(
        request,
        "event",
        event,
        {
            "title": "Numbers",
            "figures": figures.of_event(numbers),
            "ranges": ranges,
            "rsvps": charts.rsvps(numbers["answers_per_day"]),
            "revenue": charts.revenue(numbers["revenue"]["per_day"]),
            "arrivals": charts.arrivals(quarters),
            "stars": charts.of_stars(numbers["ratings"]),
            "ticket_types": charts.of_ticket_types(
                numbers["ticket_types"], numbers["revenue"]["by_ticket_type"]
            ),
            "reviews": _reviews(event),
            "file": _file(request, event),
            "live_page": reverse("admin:analytics_attendance", args=[event.pk]),
            "change_page": _change_page(request, event),
        },
    )


def attendance_page(request: HttpRequest, event_id: int) -> HttpResponse:
    user = signed_in(request)
    event = event_attended_by(user, event_id)
    has_numbers = bool(seen_among(user, [event.pk]))
    return _page(
        request,
        "attendance",
        event,
        {
            "title": "Attendance",
            "now": attendance.live_attendance(event),
            "has_ticket_types": event.tally.has_ticket_types,
            "check_in_hours": attendance.check_in_hours(event),
            "source": reverse("admin:analytics_now", args=[event.pk]),
            "event_page": reverse("admin:analytics_event", args=[event.pk]) if has_numbers else "",
            "check_in_page": _check_in_page(user, event),
            "is_closed": event.tally.check_in_closed_at is not None,
        },
    )


def close_or_reopen_check_in(request: HttpRequest, event_id: int) -> HttpResponse:
    """Close check-in or open it again, for the button of the attendance page."""
    user = signed_in(request)
    event = event_attended_by(user, event_id)
    if not may_correct(user, event):
        raise PermissionDenied
    is_closing = request.POST.get("action") == "close"
    write = close_check_in if is_closing else reopen_check_in
    try:
        write(event_id=event.pk)
    except RuleBroken as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Check-in is closed." if is_closing else "Check-in is open.")
    return redirect("admin:analytics_attendance", event.pk)


def _check_in_page(user: User, event: Event) -> str:
    """Return the URL to close or reopen check-in; empty if that is not possible."""
    is_offered = may_correct(user, event) and not event.is_cancelled
    return reverse("admin:analytics_check_in", args=[event.pk]) if is_offered else ""


def attendance_now(request: HttpRequest, event_id: int) -> HttpResponse:
    """Return the JSON that the attendance page requests every few seconds."""
    event = event_attended_by(signed_in(request), event_id)
    return JsonResponse(attendance.live_attendance(event))


def when(event: Event) -> str:
    """Return the times in the time zone of the event, or the days of an all-day event."""
    if event.days is not None:
        return clock.days(*event.days)
    return clock.span(event.start_time, event.end_time, zone_or_utc(event.timezone))


def _page(
    request: HttpRequest, name: str, event: Event, context: dict[str, Any]
) -> TemplateResponse:
    request.current_app = admin.site.name
    status = "cancelled" if event.is_cancelled else ""
    details = " · ".join(filter(None, [when(event), event.location, status]))
    context = {
        **admin.site.each_context(request), "heading": event.title, "details": details, **context
    }  # fmt: skip
    return TemplateResponse(request, f"admin/analytics/{name}.html", context)


def _reviews(event: Event) -> list[dict[str, Any]]:
    latest = Review.objects.shown().filter(event=event).select_related("author")
    return [
        {
            "author": review.author.shown_name,
            "rating": review.rating,
            "stars": "★" * review.rating + "☆" * (MOST_STARS - review.rating),
            "comment": review.comment,
        }
        for review in latest[:_LATEST_REVIEWS]
    ]


def _change_page(request: HttpRequest, event: Event) -> str:
    is_open = _may_view(request, "events", "event")
    return reverse("admin:events_event_change", args=[event.pk]) if is_open else ""


def _file(request: HttpRequest, event: Event) -> str:
    """Return the URL of the attendee list; empty if the person may not export it."""
    is_open = event.created_by_id == request.user.pk or _may_view(request, "rsvp", "rsvp")
    return reverse("admin:rsvp_rsvp_attendees", args=[event.pk]) if is_open else ""


def _may_view(request: HttpRequest, app: str, model: str) -> bool:
    """Return whether the person may open the pages of the model, as the admin decides it."""
    return any(request.user.has_perm(f"{app}.{verb}_{model}") for verb in ("view", "change"))
