"""A field of a JSON body accepts only its own type; form fields are converted.

Without this, JSON `"5"` was 5, 1 was true and 12 was "12".
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.http import QueryDict
from rest_framework import serializers as drf
from rest_framework.relations import ManyRelatedField

from core.api import serializers
from core.api.fields import RelatedIdsField
from events.serializers.categories import _TagReferenceField

pytestmark = pytest.mark.embedded  # needs no server

APPS = {
    "accounts", "analytics", "core", "events", "external_events", "notifications", "reviews",
    "rsvp",
}  # fmt: skip

NUMBERS: list[Any] = [12, 1.5, True, False]
WRONG: dict[type[drf.Field[Any, Any, Any, Any]], list[Any]] = {
    _TagReferenceField: [True, 1.5, [], {}],  # text is a slug
    drf.BooleanField: ["true", "false", "", 0, 1, "yes"],
    drf.IntegerField: ["5", "", True, False, 1.5],
    drf.FloatField: ["5.5", "", True],
    drf.CharField: NUMBERS,
    drf.RelatedField: ["1", True, 1.5],
    # Django REST framework is strict about these.
    drf.ChoiceField: NUMBERS,
    drf.DateTimeField: NUMBERS,
    drf.DateField: NUMBERS,
    drf.TimeField: NUMBERS,
    drf.DurationField: [True],
    drf.DecimalField: [True, "much"],
    drf.FileField: [*NUMBERS, "file"],
    drf.DictField: [*NUMBERS, "text", []],
    drf.Serializer: [*NUMBERS, "text", []],
}
# Fields of responses only.
OUTPUT = (drf.SerializerMethodField, drf.ReadOnlyField, drf.JSONField)


def all_serializers() -> list[type[drf.Serializer[Any]]]:
    """Return every serializer class of the product."""
    found: set[Any] = set()
    pending: list[Any] = [drf.Serializer]
    while pending:
        kinds = pending.pop().__subclasses__()
        pending += kinds
        found |= {kind for kind in kinds if kind.__module__.partition(".")[0] in APPS}
    bases = {serializers.Serializer, serializers.ModelSerializer, serializers.QueryParams}
    return sorted(found - bases, key=lambda kind: f"{kind.__module__}.{kind.__name__}")


def wrong_for(field: Any) -> list[Any]:
    if isinstance(field, RelatedIdsField | drf.ListField | drf.ListSerializer | ManyRelatedField):
        return ["text", 12, True, {}]
    return next(wrong for kind, wrong in WRONG.items() if isinstance(field, kind))


def wrong_values(
    serializer: drf.Serializer[Any], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield pairs: the path of a field in a body, and a value of a wrong type for it."""
    for name, field in serializer.fields.items():
        if field.read_only or isinstance(field, (*OUTPUT, drf.HiddenField)):
            continue
        for wrong in wrong_for(field):
            yield (*path, name), wrong
        if isinstance(field, drf.Serializer):
            yield from wrong_values(field, (*path, name))
        child = getattr(field, "child", None)
        if child is not None and not isinstance(child, drf.Serializer):
            for wrong in wrong_for(child):
                yield (*path, name), [wrong]


def body_with(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    for name in reversed(path):
        value = {name: value}
    return dict(value)


@pytest.fixture(scope="module", autouse=True)
def loaded_apps() -> None:
    """Import the URLs, which import all views and serializers."""
    from config import urls  # noqa: F401


def test_fields_refuse_other_json_types() -> None:
    accepted = []
    count = 0
    for kind in all_serializers():
        if issubclass(kind, serializers.QueryParams):
            continue
        for path, wrong in wrong_values(kind()):
            # Other fields are missing, so only the errors of this one count.
            serializer = kind(data=body_with(path, wrong), context={"request": None})
            count += 1
            errors: Any = _errors_of(serializer, path)
            if not errors:
                accepted.append(f"{kind.__name__}: {body_with(path, wrong)}")
    assert accepted == []
    assert count > 500


def _errors_of(serializer: drf.Serializer[Any], path: tuple[str, ...]) -> Any:
    """Return the errors of one field, without validation across fields."""
    body = serializer.initial_data
    field: Any = serializer
    for name in path:
        field = field.fields[name]
        body = body[name]
    try:
        field.run_validation(body)
    except drf.ValidationError as error:
        return error.detail
    return None


def test_control_walk_finds_a_lenient_field() -> None:
    class Lenient(drf.Serializer[Any]):
        number = drf.IntegerField()

    accepted = [
        wrong
        for path, wrong in wrong_values(Lenient())
        if not _errors_of(Lenient(data=body_with(path, wrong)), path)
    ]
    assert accepted == ["5"]


class Typed(serializers.Serializer[Any]):
    number = serializers.IntegerField(required=False)
    part = serializers.FloatField(required=False)
    switch = serializers.BooleanField(required=False)
    text = serializers.CharField(required=False)
    price = serializers.DecimalField(max_digits=6, decimal_places=2, required=False)


@pytest.mark.parametrize(
    ("name", "value", "expect"),
    [
        ("number", "5", 5),
        ("part", "5.5", 5.5),
        ("switch", "true", True),
        ("switch", "1", True),
        ("text", "12", "12"),
        ("price", "12.50", "12.50"),
    ],
)
def test_form_fields_are_converted(name: str, value: str, expect: Any) -> None:
    serializer = Typed(data=QueryDict(f"{name}={value}"))
    serializer.is_valid(raise_exception=True)
    read = serializer.validated_data[name]
    assert (str(read) if name == "price" else read) == expect


@pytest.mark.parametrize(
    ("name", "value", "expect"),
    [("number", 5.0, 5), ("part", 5, 5.0), ("price", "12.50", "12.50"), ("price", 12.5, "12.50")],
)
def test_json_integers_and_floats_are_interchangeable(name: str, value: Any, expect: Any) -> None:
    serializer = Typed(data={name: value})
    serializer.is_valid(raise_exception=True)
    read = serializer.validated_data[name]
    assert (str(read) if name == "price" else read) == expect


@pytest.mark.parametrize("number", ["1_0", "٣", "5.0", "1e3", "0x1"])
def test_form_numbers_are_ascii_digits(number: str) -> None:
    serializer = Typed(data=QueryDict(mutable=True) | {"number": number})
    assert not serializer.is_valid()
