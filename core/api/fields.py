"""Serializer fields and filters that every app reads the same way."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
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
    """ISO 8601 between 1970 and 2200; answered in UTC.

    A time without an offset stays naive: whoever knows the event reads it in its zone.
    """

    def enforce_timezone(self, value: datetime) -> datetime:
        validate_year(value)
        if value.tzinfo is not None:
            value = value.astimezone(UTC)
            validate_year(value)
        return value


class EventTimeField(InstantField):
    """To the second.

    Calendars know no fractions (RFC 5545, 3.3.5): what they show would not be what is stored.
    """

    def enforce_timezone(self, value: datetime) -> datetime:
        return super().enforce_timezone(value.replace(microsecond=0))


def in_zone(value: datetime | date, zone: ZoneInfo) -> datetime:
    """Return the instant in UTC; a time without an offset is read in the zone.

    A day is its midnight.

    A time that the clock change skips moves on by the gap, one that comes twice is the first of
    the two (RFC 5545, 3.3.5).
    """
    if not isinstance(value, datetime):
        value = datetime.combine(value, time.min)
    return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)


class TextOrNullField(serializers.CharField):
    """Text on output, null where there is none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, allow_null=True, **kwargs)

    def to_representation(self, value: str) -> str | None:  # type: ignore[override]
        return value or None


class TimezoneField(serializers.CharField):
    """The IANA name of a time zone; a Windows name is replaced by it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=64, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        return read_timezone(super().to_internal_value(data))


# Its older name.
WholeNumberField = serializers.IntegerField


def fine_degrees(degrees: float) -> float:
    """To a tenth of a millimetre: databases refuse to reckon with 1e-300 of a degree."""
    return round(degrees, 9)


class DegreesField(serializers.FloatField):
    """A finite number; neither `true` nor NaN."""

    def to_internal_value(self, data: Any) -> float:
        degrees = super().to_internal_value(data)
        if isinstance(data, bool) or not math.isfinite(degrees):
            self.fail("invalid")
        return fine_degrees(float(degrees))


class RelatedIdsField(serializers.ListField):
    """Rows by their ids: one query for all, where DRF's own field asks for each.

    Takes a function that gives the queryset, as models are known only later.
    """

    child = WholeNumberField(min_value=1, max_value=2**63 - 1)
    default_error_messages = {"does_not_exist": "There is nothing with the id {reference}."}

    def __init__(self, queryset: Callable[[], QuerySet[Any]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.queryset = queryset

    def get_value(self, dictionary: Any) -> Any:
        """A form repeats the field, and says "none" by an empty one."""
        value = super().get_value(dictionary)
        return [] if html.is_html_input(dictionary) and value == [""] else value

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, list) and self.max_length is not None and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)  # before a query with them all
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


class _Filled(forms.Field):
    """A query parameter that can't be empty: `?date_to=` is an error, not "any day"."""

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
    """An id: digits that fit a column, else 400 (the stock filter takes 1e999)."""

    field_class = _WholeNumberField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=1, max_value=2**63 - 1, **kwargs)


class _NumberField(_Filled, forms.FloatField):
    """A number in ASCII digits; Python's own `float` also reads `1_0`, `٣` and 1e5."""

    def to_python(self, value: Any) -> Any:
        if value and not re.fullmatch(r"\s*-?[0-9]{1,20}(\.[0-9]{1,20})?\s*", str(value)):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class NumberFilter(django_filters.Filter):
    """A number with or without decimals (the stock filter takes 1e999)."""

    field_class = _NumberField


class _WordField(_Filled, ChoiceField):
    pass


class WordFilter(django_filters.ChoiceFilter):
    """One of the choices, else 400 that names them (the stock filter keeps them to itself)."""

    field_class = _WordField

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        told = f"Write one of: {', '.join(word for word, _ in choices)}."
        errors = {"invalid_choice": told}
        super().__init__(*args, choices=choices, error_messages=errors, **kwargs)


class YesNoFilter(WordFilter):
    """`true` or `false`, else 400 (the stock filter takes anything for "not asked")."""

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
    """A time zone by its IANA or its Windows name."""

    field_class = _TimezoneNameField
