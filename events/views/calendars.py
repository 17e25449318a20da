"""Events and series as files for calendars (RFC 5545)."""

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
from events.calendar import event_file, series_file


class CalendarRenderer(BaseRenderer):
    """Tells Swagger what is answered; the files are made by `calendar_answer`."""

    media_type = "text/calendar"
    format = "ics"
    charset = "utf-8"


class CalendarFileView(APIView):
    """An address that ends in .ics says itself what it answers, whatever a client accepts."""

    renderer_classes = [CalendarRenderer]
    swagger_tag = "calendars"

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Errors are problems; the files come as Django's own responses, past any renderer."""
        return JSONRenderer(), JSONRenderer.media_type


class EventCalendarView(CalendarFileView):
    @swagger_auto_schema(**openapi.EVENT_CALENDAR)
    def get(self, request: Request, event_id: int) -> HttpResponse:
        """One event for a calendar, also a date of a series. A cancelled one says so."""
        event = selectors.get_visible(event_id=event_id, user=signed_in(request), with_details=True)
        return _of_bytes(request, event_file(event), f"event-{event.pk}.ics")


class SeriesCalendarView(CalendarFileView):
    @swagger_auto_schema(**openapi.SERIES_CALENDAR)
    def get(self, request: Request, series_id: int) -> HttpResponse:
        """A whole series for a calendar: its rule, and the dates that differ from it."""
        user = signed_in(request)
        series = selectors.get_series(series_id=series_id, user=user)
        rows = list(selectors.visible_dates(series, user=user))
        return _of_bytes(request, series_file(series, rows), f"series-{series.pk}.ics")


def _of_bytes(request: Request, raw: bytes, filename: str) -> HttpResponse:
    version = hashlib.sha256(raw).hexdigest()[:32]
    return unchanged(request, version) or calendar_answer(raw, filename=filename, version=version)


def unchanged(request: Request, version: str) -> HttpResponse | None:
    """304 for who has this version already (RFC 9110, 13.1.2), else None."""
    answer: HttpResponse | None = get_conditional_response(
        request._request, etag=f'"{version}"', response=None
    )
    return answer and _with_version(answer, version)


def calendar_answer(raw: bytes, *, filename: str, version: str) -> HttpResponse:
    answer = HttpResponse(raw, content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = f'inline; filename="{filename}"'
    return _with_version(answer, version)


def _with_version(answer: HttpResponse, version: str) -> HttpResponse:
    answer.headers["ETag"] = f'"{version}"'
    patch_cache_control(answer, private=True, no_cache=True)  # kept, and asked about each time
    return answer
