"""Request and response bodies of categories and tags."""

import re
from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from core.api import serializers
from core.api.fields import RelatedIdsField
from events.models import Category, Tag


class CategorySerializer(serializers.ModelSerializer[Category]):
    slug = serializers.SlugField(
        max_length=80, allow_unicode=True, required=False, help_text="Default: made from the name."
    )

    class Meta:
        model = Category
        fields = ["id", "name", "slug", "description"]
        validators: list[Any] = []


class TagSerializer(serializers.ModelSerializer[Tag]):
    class Meta:
        model = Tag
        fields = ["id", "name", "slug"]
        read_only_fields = ["slug"]


class CategoryInEventSerializer(serializers.ModelSerializer[Category]):
    class Meta:
        model = Category
        ref_name = "EventCategory"
        fields = ["id", "name", "slug"]


class _TagObjectSerializer(serializers.Serializer[Any]):
    """A tag of a response, of which only the ID is read."""

    ignores_fields_of = (TagSerializer,)

    id = serializers.IntegerField(min_value=1, max_value=2**63 - 1)

    class Meta:
        ref_name = "TagOfEvent"


class _TagReferenceField(serializers.IntegerField):
    """An ID, a slug, or a tag of a response."""

    default_error_messages = {"invalid": "Send the ID or the slug of a tag."}

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            tag = _TagObjectSerializer(data=data)
            tag.is_valid(raise_exception=True)
            return tag.validated_data["id"]
        is_slug = isinstance(data, str) and (serializers.is_json(self) or not data.isdecimal())
        if not is_slug:
            return super().to_internal_value(data)
        # PostgreSQL refuses NUL, and errors repeat the slug.
        if not re.fullmatch(r"[-\w]{1,50}", data):
            self.fail("invalid")
        return data

    def run_validators(self, value: Any) -> None:
        if not isinstance(value, str):  # the validators are for IDs
            super().run_validators(value)


class TagsField(RelatedIdsField):
    """Tags by ID, by slug, or as in a response."""

    child = _TagReferenceField(min_value=1, max_value=2**63 - 1)
    default_error_messages = {
        "does_not_exist": "There is no tag {reference}. Send the ID or the slug of an existing tag."
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Tag.objects.all, **kwargs)

    def find_rows(self, references: list[int | str]) -> dict[int | str, Tag]:
        ids = [reference for reference in references if isinstance(reference, int)]
        slugs = [reference for reference in references if isinstance(reference, str)]
        tags = self.queryset().filter(Q(pk__in=ids) | Q(slug__in=slugs))
        return {tag.pk: tag for tag in tags} | {tag.slug: tag for tag in tags}
