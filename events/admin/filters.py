"""Filters of the list of events in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

_PARAMETER = "when"
_UPCOMING, _PAST, _ALL = "upcoming", "past", "all"
# With these parameters, the default is all events.
_SPECIFIC = ("q", "start_time", "series", "deleted_at")


def _chosen(request: HttpRequest) -> str:
    if when := request.GET.get(_PARAMETER):
        return when
    is_specific = any(value and name.startswith(_SPECIFIC) for name, value in request.GET.items())
    return _ALL if is_specific else _UPCOMING


def shows_upcoming(request: HttpRequest) -> bool:
    return _chosen(request) == _UPCOMING


class OrganizerFilter(admin.SimpleListFilter):
    """Finds the events of deactivated organizers, which are not in lists of the API."""

    title = "organizer"
    parameter_name = "organizer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("inactive", "deactivated: hidden from lists")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() != "inactive":
            return queryset
        return queryset.with_organizer_state().filter(is_organizer_inactive=True)


class WhenFilter(admin.SimpleListFilter):
    """Shows events that have not ended by default, unless the request is for specific events."""

    title = "when"
    parameter_name = _PARAMETER

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        super().__init__(request, *args)
        self._when = _chosen(request)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(_UPCOMING, "Upcoming"), (_PAST, "Past"), (_ALL, "All")]

    def choices(self, changelist: Any) -> Any:
        """Yield the choices without the default "All" that Django adds."""
        choices = list(super().choices(changelist))[1:]
        for choice, (value, _) in zip(choices, self.lookup_choices, strict=True):
            yield choice | {"selected": value == self._when}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = timezone.now()
        if self._when == _UPCOMING:
            return queryset.filter(end_time__gt=now)
        return queryset.filter(end_time__lte=now) if self._when == _PAST else queryset
