"""Events and series as iCalendar files (RFC 5545)."""

import hashlib
from typing import Any

from django.http import HttpResponse
from django.utils.cache import get_conditional_response, patch_cache_control
from drf_yasg.utils import swagger_auto_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.authentication import signed_in
from core.api.json import JSONRenderer
from events import openapi, selectors
from events.ical_files import event_file, series_file


class CalendarRenderer(BaseRenderer):
    """Documents the media type; `calendar_response` returns the files."""

    media_type = "text/calendar"
    format = "ics"
    charset = "utf-8"


class CalendarFileView(APIView):
    """The base of .ics endpoints, which ignore the Accept header of clients."""

    renderer_classes = [CalendarRenderer]
    swagger_tag = "calendars"

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Render errors as JSON; files are Django responses without a renderer."""
        return JSONRenderer(), JSONRenderer.media_type


class EventCalendarView(CalendarFileView):
    @swagger_auto_schema(**openapi.EVENT_CALENDAR)
    def get(self, request: Request, event_id: int) -> HttpResponse:
        """Get an event, or a date of a series, as a calendar file. Cancelled ones are included."""
        event = selectors.get_visible(event_id=event_id, user=signed_in(request), with_details=True)
        return _file_response(request, event_file(event), f"event-{event.pk}.ics")


class SeriesCalendarView(CalendarFileView):
    @swagger_auto_schema(**openapi.SERIES_CALENDAR)
    def get(self, request: Request, series_id: int) -> HttpResponse:
        """Get a series as a calendar file: its rule, and the dates that differ from it."""
        user = signed_in(request)
        series = selectors.get_series(series_id=series_id, user=user)
        rows = list(selectors.visible_dates(series, user=user))
        return _file_response(request, series_file(series, rows), f"series-{series.pk}.ics")


def _file_response(request: Request, raw: bytes, filename: str) -> HttpResponse:
    version = hashlib.sha256(raw).hexdigest()[:32]
    return unchanged(request, version) or calendar_response(raw, filename=filename, version=version)


def unchanged(request: Request, version: str) -> HttpResponse | None:
    """Return a 304 response if the client has this version (RFC 9110, 13.1.2), else None."""
    response: HttpResponse | None = get_conditional_response(
        request._request, etag=f'"{version}"', response=None
    )
    return response and _with_version(response, version)


def calendar_response(raw: bytes, *, filename: str, version: str) -> HttpResponse:
    response = HttpResponse(raw, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = f'inline; filename="{filename}"'
    return _with_version(response, version)


def _with_version(response: HttpResponse, version: str) -> HttpResponse:
    response.headers["ETag"] = f'"{version}"'
    patch_cache_control(response, private=True, no_cache=True)  # cached, but always revalidated
    return response
