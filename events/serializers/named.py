"""The shape of categories and tags on the wire."""

from typing import Any

from config import serializers
from events.models import Category, Tag


class CategorySerializer(serializers.ModelSerializer[Category]):
    slug = serializers.SlugField(
        max_length=80, allow_unicode=True, required=False, help_text="Follows from the name."
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
