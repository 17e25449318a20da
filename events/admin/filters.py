"""The filter by which the admin's list of events begins with upcoming ones."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

_PARAMETER = "when"
_UPCOMING, _PAST, _ALL = "upcoming", "past", "all"
# Parameters that ask for certain events, whenever they take place.
_CERTAIN = ("q", "start_time", "series", "deleted_at")


def _chosen(request: HttpRequest) -> str:
    if when := request.GET.get(_PARAMETER):
        return when
    is_certain = any(value and name.startswith(_CERTAIN) for name, value in request.GET.items())
    return _ALL if is_certain else _UPCOMING


def shows_upcoming(request: HttpRequest) -> bool:
    return _chosen(request) == _UPCOMING


class WhenFilter(admin.SimpleListFilter):
    """Shows events that have not ended, unless others or certain ones are requested."""

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
