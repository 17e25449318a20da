"""Django REST framework's serializers, strict about the types of JSON.

Use this module instead of `rest_framework.serializers`, whose fields read `"5"` as 5, 1 as true
and 12 as "12". Here a field of a JSON body accepts only its own type. Forms and query parameters,
where everything is text, are read as usual.

A number without a fraction is an integer, however it is written: 5, 5.0 and 5e0 are one number
(RFC 8259, 6; JSON Schema 2020-12, 6.1.1), and some clients write all numbers with a fraction.
Money is decimal text; DecimalField accepts JSON numbers too.

A serializer refuses fields that it does not have (`unknown_field`), in JSON and in forms. Otherwise
a typing error such as `max_atendees` would be ignored silently.
"""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any, ClassVar, TypeVar

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import EmailValidator, validate_email
from django.db import models
from rest_framework import serializers as drf
from rest_framework.exceptions import ErrorDetail

# Make a field type strict before you add it here.
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
    JSONField,
    ListField,
    SerializerMethodField,
    SkipField,
    TimeField,
    ValidationError,
    as_serializer_error,
    empty,
)
from rest_framework.utils import html

from core.email_addresses import canonical_email, read_email_address
from core.validators import CONTROL, is_visible

# Unknown fields of one object that get an error, and characters of a name in an error.
_MOST_UNKNOWN, _LONGEST_NAME = 10, 60

EMPTY_PARAMETER = "This parameter has no value. Add one, or leave the parameter out."

_Instance = TypeVar("_Instance")
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
    """An e-mail address, read as it is stored (`core.email_addresses`).

    `is_known=True` is for lookups: it also accepts addresses of earlier versions.
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
    """A URL."""


class _Number:
    """Accepts numbers, but no text or booleans that could be converted to one."""

    def to_internal_value(self, data: Any) -> Any:
        if is_json(self) and type(data) not in (int, float):  # type: ignore[arg-type]
            self.fail("invalid")  # type: ignore[attr-defined]
        return super().to_internal_value(data)  # type: ignore[misc]


class IntegerField(_Number, drf.IntegerField):
    """An integer; in forms in ASCII digits only (Python's `int` also accepts `1_0` and `٣`)."""

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


class _KnownFieldsOnly:
    """Refuses fields of the body that the serializer does not have: `unknown_field`.

    Read-only fields are accepted and ignored, so that clients can send a response back.
    """

    # The serializers of the response, if they differ from this one. Their fields, and those of
    # their subclasses, are accepted and ignored.
    ignores_fields_of: ClassVar[tuple[type[drf.Serializer[Any]], ...]] = ()
    # For objects of a standard that gets new fields, such as WebAuthn.
    ignores_unknown_fields: ClassVar[bool] = False

    @classmethod
    def takes_own_fields_only(cls) -> bool:
        return not (cls.ignores_fields_of or cls.ignores_unknown_fields)

    def to_internal_value(self, data: Any) -> Any:
        unknown = self._find_unknown(data)
        try:
            values = super().to_internal_value(data)  # type: ignore[misc]
        except ValidationError as error:
            if unknown and isinstance(error.detail, dict):
                raise ValidationError(unknown | error.detail) from error
            raise
        if unknown:
            raise ValidationError(unknown)
        return values

    def _find_unknown(self, data: Any) -> dict[str, Any]:
        """Return an error for each of the first unknown fields."""
        if self.ignores_unknown_fields or not isinstance(data, Mapping):
            return {}
        fields: Mapping[str, Any] = self.fields  # type: ignore[attr-defined]
        names = [name for name in data if name not in fields]
        if html.is_html_input(data):
            names = [name for name in names if not _is_part_of(name, fields)]
        if names and self.ignores_fields_of:
            ignored = frozenset[str]().union(*map(_names_of, self.ignores_fields_of))
            names = [name for name in names if name not in ignored]
        return {_shown(name): [_unknown_field(name, fields)] for name in names[:_MOST_UNKNOWN]}


@cache
def _names_of(serializer: type[drf.Serializer[Any]]) -> frozenset[str]:
    """Return the names of the fields of a serializer and of its subclasses."""
    names = frozenset[str](serializer().fields)
    return names.union(*map(_names_of, serializer.__subclasses__()))


def _is_part_of(name: str, fields: Iterable[str]) -> bool:
    """Return whether the name is a part of a field in a form, such as `tags[0]`."""
    return bool(re.search(r"[.\[]", name)) and re.split(r"[.\[]", name, maxsplit=1)[0] in fields


def _shown(name: str) -> str:
    """Return the name in a form that is safe to repeat in an error."""
    start = name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in start)


def _unknown_field(name: str, fields: Mapping[str, Any]) -> ErrorDetail:
    writable = [known for known, field in fields.items() if not field.read_only]
    nearest = get_close_matches(name[:_LONGEST_NAME].lower(), writable, n=1, cutoff=0.75)
    advice = f"Did you mean {nearest[0]}?" if nearest else "Check its name, or leave it out."
    return ErrorDetail(f"This field does not exist. {advice}", code="unknown_field")


class Serializer(_KnownFieldsOnly, drf.Serializer[_Instance]):
    """Base of all serializers without a model."""


class NoFieldsSerializer(Serializer[Any]):
    """The body of a request that needs none: empty, or `{}`."""


class ModelSerializer(_KnownFieldsOnly, drf.ModelSerializer[_Model]):
    """Base of all serializers of a model, with the strict fields of this module."""

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

    An empty field of a form was not filled in; an empty parameter of a URL is a mistake.
    """

    def to_internal_value(self, data: Any) -> Any:
        empty_parameters = {
            name: ErrorDetail(EMPTY_PARAMETER, code="blank")
            for name, field in self.fields.items()
            if name in data and not data[name].strip() and not getattr(field, "allow_blank", False)
        }
        if empty_parameters:
            raise ValidationError(empty_parameters)
        return super().to_internal_value(data)
