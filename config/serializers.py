"""Django REST framework's serializers, strict about the types of JSON.

Use this module instead of `rest_framework.serializers`, whose fields read `"5"` as 5, 1 as true
and 12 as "12". Here a field of a JSON body accepts only its own type. Forms and query parameters,
where everything is text, are read as usual.

A number without a fraction is an integer, however it is written: 5, 5.0 and 5e0 are one number
(RFC 8259, 6; JSON Schema 2020-12, 6.1.1), and some clients write all numbers with a fraction.
Money is decimal text; DecimalField accepts JSON numbers too.
"""

import re
from typing import Any, TypeVar

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import EmailValidator, validate_email
from django.db import models
from rest_framework import serializers as drf
from rest_framework.exceptions import ErrorDetail
from rest_framework.serializers import (
    BaseSerializer,
    ChoiceField,
    DateField,
    DateTimeField,
    DecimalField,
    DictField,
    DurationField,
    Field,
    FileField,
    HiddenField,
    ImageField,
    JSONField,
    ListField,
    ListSerializer,
    MultipleChoiceField,
    ReadOnlyField,
    Serializer,
    SerializerMethodField,
    TimeField,
    ValidationError,
    as_serializer_error,
    empty,
)
from rest_framework.utils import html

from config.email_addresses import canonical_email, read_email_address
from config.validators import CONTROL, is_visible

# A field type that is not listed must be made strict first.
__all__ = [
    "BaseSerializer",
    "BooleanField",
    "CharField",
    "ChoiceField",
    "DateField",
    "DateTimeField",
    "DecimalField",
    "DictField",
    "DurationField",
    "EmailField",
    "Field",
    "FileField",
    "FloatField",
    "HiddenField",
    "ImageField",
    "IntegerField",
    "JSONField",
    "ListField",
    "ListSerializer",
    "ModelSerializer",
    "MultipleChoiceField",
    "PrimaryKeyRelatedField",
    "QueryParams",
    "ReadOnlyField",
    "RegexField",
    "Serializer",
    "SerializerMethodField",
    "SlugField",
    "TimeField",
    "URLField",
    "ValidationError",
    "as_serializer_error",
    "empty",
]

EMPTY_PARAMETER = "This parameter has no value. Give it one, or leave it out."

_Model = TypeVar("_Model", bound=models.Model)


def is_json(field: drf.Field[Any, Any, Any, Any]) -> bool:
    """Return whether the value of this field comes from a JSON body."""
    data = getattr(field.root, "initial_data", None)
    return data is not None and not html.is_html_input(data)


class _Text:
    """Accepts text only; invisible text counts as empty, like white space."""

    def run_validation(self, data: Any = empty) -> Any:
        if (
            isinstance(data, str)
            and self.trim_whitespace  # type: ignore[attr-defined]
            and not (is_visible(data) or CONTROL.search(data) or "\0" in data)
        ):
            data = ""
        return super().run_validation(data)  # type: ignore[misc]

    def to_internal_value(self, data: Any) -> Any:
        if is_json(self) and not isinstance(data, str):  # type: ignore[arg-type]
            self.fail("invalid")  # type: ignore[attr-defined]
        return super().to_internal_value(data)  # type: ignore[misc]


class CharField(_Text, drf.CharField):
    """Text."""


class EmailField(_Text, drf.EmailField):
    """An e-mail address, read as it is stored (`config.email_addresses`).

    With `is_known=True` for one that is only looked up: every text that may be in a row of an
    earlier version is accepted.
    """

    def __init__(self, *, is_known: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._is_known = is_known
        # Django's validator knows internationalized domains by the older IDNA 2003.
        self.validators = [v for v in self.validators if not isinstance(v, EmailValidator)]

    def run_validation(self, data: Any = empty) -> Any:
        text = super().run_validation(data)
        if not text:
            return text
        try:
            return read_email_address(text)
        except DjangoValidationError:
            if not self._is_known:
                raise
            validate_email(text)
            return canonical_email(text)


class RegexField(_Text, drf.RegexField):
    """Text that matches a pattern."""


class SlugField(_Text, drf.SlugField):
    """Text for a URL."""


class URLField(_Text, drf.URLField):
    """An address."""


class _Number:
    """Accepts numbers, but no text or booleans that could be converted to one."""

    def to_internal_value(self, data: Any) -> Any:
        if is_json(self) and type(data) not in (int, float):  # type: ignore[arg-type]
            self.fail("invalid")  # type: ignore[attr-defined]
        return super().to_internal_value(data)  # type: ignore[misc]


class IntegerField(_Number, drf.IntegerField):
    """An integer; in forms in ASCII digits, where Python's own `int` also reads `1_0` and `٣`."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, str) and not re.fullmatch(r"\s*-?[0-9]+\s*", data):
            self.fail("invalid")
        return int(super().to_internal_value(data))


class FloatField(_Number, drf.FloatField):
    """A number."""


class BooleanField(drf.BooleanField):
    """`true` or `false`."""

    def to_internal_value(self, data: Any) -> bool:
        if is_json(self) and not isinstance(data, bool):
            self.fail("invalid", input=data)
        return bool(super().to_internal_value(data))


class PrimaryKeyRelatedField(drf.PrimaryKeyRelatedField[_Model]):
    """A row by its id, a number."""

    default_error_messages = {"invalid": "A valid integer is required."}

    def to_internal_value(self, data: Any) -> Any:
        if is_json(self) and type(data) not in (int, float):
            self.fail("invalid")
        return super().to_internal_value(data)


class ModelSerializer(drf.ModelSerializer[_Model]):
    """Base of all serializers of a model: its fields are the strict ones."""

    serializer_field_mapping = {
        model_field: {
            drf.CharField: CharField,
            drf.EmailField: EmailField,
            drf.SlugField: SlugField,
            drf.URLField: URLField,
            drf.IntegerField: IntegerField,
            drf.FloatField: FloatField,
            drf.BooleanField: BooleanField,
        }.get(field, field)
        for model_field, field in drf.ModelSerializer.serializer_field_mapping.items()
    }
    serializer_related_field = PrimaryKeyRelatedField


class QueryParams(drf.Serializer[Any]):
    """Query parameters of a request. One without a value is an error, unless it may be blank.

    In a form an empty field was left out; in a URL it is a client's mistake.
    """

    def to_internal_value(self, data: Any) -> Any:
        unfilled = {
            name: ErrorDetail(EMPTY_PARAMETER, code="blank")
            for name, field in self.fields.items()
            if name in data and not data[name].strip() and not getattr(field, "allow_blank", False)
        }
        if unfilled:
            raise ValidationError(unfilled)
        return super().to_internal_value(data)
