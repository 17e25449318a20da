"""Times of events in requests and responses: instants, or the days of all-day events."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from rest_framework.exceptions import ErrorDetail

from core.api import serializers
from core.api.fields import EventTimeField, in_zone
from core.validators import validate_year
from events.all_day import CLOCK
from events.models import Event


class StartOrEndField(EventTimeField):
    """A time, or a day such as 2027-06-04."""

    def to_internal_value(self, value: Any) -> Any:
        if not (isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value)):
            return super().to_internal_value(value)
        try:
            day = date.fromisoformat(value)
        except ValueError:
            self.fail("invalid", format="YYYY-MM-DD")
        validate_year(day)
        return day


def check_days(attrs: Mapping[str, Any], *, is_all_day: bool) -> None:
    """Refuse times of day for all-day events, because an end at midnight would be ambiguous."""
    names = [name for name in CLOCK if is_all_day and isinstance(attrs.get(name), datetime)]
    if names:
        message = "This event lasts all day. Send a date, such as 2027-06-04."
        raise serializers.ValidationError({name: ErrorDetail(message, "invalid") for name in names})


def times_in(attrs: Mapping[str, Any], zone: ZoneInfo, *, is_all_day: bool) -> dict[str, Any]:
    """Return sent times as instants; those of all-day events remain days."""
    sent = {name: attrs[name] for name in CLOCK if name in attrs}
    return sent if is_all_day else {name: in_zone(value, zone) for name, value in sent.items()}


def instants_in(values: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """Return the values with every time as an instant."""
    return {
        name: in_zone(value, zone) if isinstance(value, datetime) else value
        for name, value in values.items()
    }


class ShowsDays:
    """Mixin: show `start_time` and `end_time` of all-day events as dates.

    For serializers of events, or of mappings with `days`.
    """

    def to_representation(self, event: Event | Mapping[str, Any]) -> dict[str, Any]:
        body: dict[str, Any] = super().to_representation(event)  # type: ignore[misc]
        days = event.days if isinstance(event, Event) else event["days"]
        if days is not None:
            for name, day in zip(("start_time", "end_time"), days, strict=True):
                if name in body:
                    body[name] = day.isoformat()
        return body
