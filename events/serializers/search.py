"""Response bodies of search."""

from typing import Any

from core.api import serializers
from events.serializers.events import EventSerializer


class _HighlightSerializer(serializers.Serializer[Any]):
    title = serializers.CharField(help_text="Escaped HTML with matches in <mark>.")
    description = serializers.CharField(
        help_text="About 30 words around the first match, like the title."
    )

    class Meta:
        ref_name = "Highlight"


class FoundEventSerializer(EventSerializer):
    """A result of a search; `distance_km` only with `near`."""

    highlight = _HighlightSerializer(read_only=True)
    distance_km = serializers.FloatField(
        read_only=True,
        allow_null=True,
        required=False,
        help_text="Null: the event has no coordinates.",
    )

    class Meta(EventSerializer.Meta):
        ref_name = "FoundEvent"
        fields = [*EventSerializer.Meta.fields, "highlight", "distance_km"]
        read_only_fields = fields

    def to_representation(self, event: Any) -> dict[str, Any]:
        body: dict[str, Any] = super().to_representation(event)
        if not hasattr(event, "distance_km"):
            body.pop("distance_km", None)
        return body


class SuggestionsSerializer(serializers.Serializer[Any]):
    results = serializers.ListField(child=serializers.CharField(), help_text="Titles, at most 10.")

    class Meta:
        ref_name = "Suggestions"
