"""Serializer fields and filters that several apps use."""

import math
import re
from collections import ChainMap
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import UTC, date, datetime, time
from functools import cache, cached_property
from typing import Any
from zoneinfo import ZoneInfo

import django_filters
from django import forms
from django.db.models import QuerySet
from django_filters.fields import ChoiceField
from rest_framework.exceptions import ErrorDetail
from rest_framework.utils import html

from core.api import serializers
from core.api.serializers import EMPTY_PARAMETER
from core.validators import read_timezone, validate_year


class InstantField(serializers.DateTimeField):
    """A time in ISO 8601 between 1970 and 2200; output is in UTC.

    A time without an offset stays naive; the caller interprets it in the zone of the event.
    """

    def enforce_timezone(self, value: datetime) -> datetime:
        validate_year(value)
        if value.tzinfo is not None:
            value = value.astimezone(UTC)
            validate_year(value)
        return value


class EventTimeField(InstantField):
    """A time in whole seconds, because calendars have no fractions (RFC 5545, 3.3.5)."""

    def enforce_timezone(self, value: datetime) -> datetime:
        return super().enforce_timezone(value.replace(microsecond=0))


def in_zone(value: datetime | date, zone: ZoneInfo) -> datetime:
    """Return the instant in UTC. A time without an offset is in the zone, a day is its midnight.

    A time that a clock change skips moves forward by the gap. Of a time that comes twice this is
    the first (RFC 5545, 3.3.5).
    """
    if not isinstance(value, datetime):
        value = datetime.combine(value, time.min)
    return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)


class TextOrNullField(serializers.CharField):
    """Text in responses; null if it is empty."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, allow_null=True, **kwargs)

    def to_representation(self, value: str) -> str | None:  # type: ignore[override]
        return value or None


class TimezoneField(serializers.CharField):
    """The IANA name of a time zone. Windows names are converted."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=64, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        return read_timezone(super().to_internal_value(data))


def fine_degrees(degrees: float) -> float:
    """Round to a tenth of a millimetre: databases can't calculate with 1e-300 of a degree."""
    return round(degrees, 9)


class DegreesField(serializers.FloatField):
    """Degrees of latitude or longitude: a finite number."""

    def to_internal_value(self, data: Any) -> float:
        degrees = super().to_internal_value(data)
        if isinstance(data, bool) or not math.isfinite(degrees):
            self.fail("invalid")
        return fine_degrees(float(degrees))


class RelatedIdsField(serializers.ListField):
    """Rows by their ids, loaded with one query; DRF's own field needs one for each.

    `queryset` is a function, because models are loaded later than serializers.
    """

    child = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    default_error_messages = {"does_not_exist": "The id {reference} does not exist."}

    def __init__(self, queryset: Callable[[], QuerySet[Any]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.queryset = queryset

    def get_value(self, dictionary: Any) -> Any:
        """Read a repeated field of a form, in which one empty value means none."""
        value = super().get_value(dictionary)
        return [] if html.is_html_input(dictionary) and value == [""] else value

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, list) and self.max_length is not None and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)  # before the query
        references = super().to_internal_value(data)
        rows = self.find_rows(references)
        message = self.error_messages["does_not_exist"]
        missing: dict[Any, Any] = {
            index: [ErrorDetail(message.format(reference=reference), "does_not_exist")]
            for index, reference in enumerate(references)
            if reference not in rows
        }
        if missing:
            raise serializers.ValidationError(missing)
        return list({row.pk: row for row in map(rows.__getitem__, references)}.values())

    def find_rows(self, references: list[Any]) -> Mapping[Any, Any]:
        """Return the rows by their references."""
        return self.queryset().in_bulk(references)

    def to_representation(self, rows: Any) -> list[int]:
        return [row.pk for row in rows.all()]


class FilterSet(django_filters.FilterSet):
    """Filters of a request. Those without a value and a default cost nothing."""

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        # Only the filters that have something to do: copying them all takes longer than the query.
        if data is not None:
            every: dict[str, Any] = vars(type(self))["base_filters"]
            self.base_filters = {
                name: filter_
                for name, filter_ in every.items()
                if name in data or "default" in filter_.extra
            }
        super().__init__(data, *args, **kwargs)

    @cached_property
    def params(self) -> Mapping[str, Any]:
        """The values, also of the filters that have none."""
        filters: Any = type(self)
        return ChainMap(self.form.cleaned_data, _values_of_none(filters))


@cache
def _values_of_none(filters: Any) -> dict[str, Any]:
    """Return what the filters read from a request without parameters."""
    every = deepcopy(filters.base_filters)
    return {name: filter_.field.clean(None) for name, filter_ in every.items()}


class _Filled(forms.Field):
    """A query parameter that can't be empty: `?date_to=` is an error, not any day."""

    def clean(self, value: Any) -> Any:
        if isinstance(value, str) and not value.strip():
            raise forms.ValidationError(EMPTY_PARAMETER, code="blank")
        return super().clean(value)


class _DayField(_Filled, forms.DateField):
    pass


class DayFilter(django_filters.DateFilter):
    """A day, such as 2027-05-01."""

    field_class = _DayField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, input_formats=["%Y-%m-%d"], validators=[validate_year], **kwargs)


class _WholeNumberField(_Filled, forms.IntegerField):
    pass


class WholeNumberFilter(django_filters.Filter):
    """An id: digits that fit a column, else 400 (django-filter's own accepts 1e999)."""

    field_class = _WholeNumberField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=1, max_value=2**63 - 1, **kwargs)


class _NumberField(_Filled, forms.FloatField):
    """A number in ASCII digits; Python's `float` also accepts `1_0`, `٣` and 1e5."""

    def to_python(self, value: Any) -> Any:
        if value and not re.fullmatch(r"\s*-?[0-9]{1,20}(\.[0-9]{1,20})?\s*", str(value)):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class NumberFilter(django_filters.Filter):
    """A number with or without decimals (django-filter's own accepts 1e999)."""

    field_class = _NumberField


class _ChoiceField(_Filled, ChoiceField):
    def __init__(self, *args: Any, default: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.default = default

    def clean(self, value: Any) -> Any:
        return super().clean(value) or self.default


class WordFilter(django_filters.ChoiceFilter):
    """One of the choices, else 400 with a list of them (django-filter's own does not list them).

    Without the parameter, the filter is applied with its `default`, which need not be a choice.
    """

    field_class = _ChoiceField

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        message = f"Use one of: {', '.join(value for value, _ in choices)}."
        errors = {"invalid_choice": message}
        super().__init__(*args, choices=choices, error_messages=errors, **kwargs)


class YesNoFilter(WordFilter):
    """`true` or `false`, else 400 (django-filter's own ignores other text)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, choices=[("true", "true"), ("false", "false")], **kwargs)


class TextFilter(django_filters.CharFilter):
    """Text of at most 256 characters. Empty text matches everything."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, max_length=256, **kwargs)


class _NameField(_Filled, forms.CharField):
    pass


class NameFilter(TextFilter):
    """Text that identifies one object, so it can't be empty."""

    field_class = _NameField


class _TimezoneNameField(_NameField):
    def clean(self, value: Any) -> str:
        name: str = super().clean(value)
        return read_timezone(name) if name else name


class TimezoneFilter(NameFilter):
    """A time zone by its IANA or Windows name."""

    field_class = _TimezoneNameField
