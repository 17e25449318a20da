"""Request and response bodies of helpers."""

from typing import Any

from core.api import serializers
from events.models import Helper
from events.serializers.events import PersonSerializer


class HelperSerializer(serializers.ModelSerializer[Helper]):
    user = PersonSerializer(read_only=True)

    class Meta:
        model = Helper
        fields = ["user", "created_at"]
        read_only_fields = fields


class HelperInputSerializer(serializers.Serializer[Any]):
    ignores_fields_of = (HelperSerializer,)

    username = serializers.CharField(
        max_length=50, help_text="Username of an active user, in upper or lower case."
    )
