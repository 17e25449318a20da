"""The shape of what was found."""

from typing import Any

from core.api import serializers
from events.serializers.events import EventSerializer


class _HighlightSerializer(serializers.Serializer[Any]):
    title = serializers.CharField(help_text="HTML: escaped, hits in <mark>.")
    description = serializers.CharField(help_text="About 30 words of it.")

    class Meta:
        ref_name = "Highlight"


class FoundEventSerializer(EventSerializer):
    """An event among the results; `distance_km` only where `near` was asked for."""

    highlight = _HighlightSerializer(read_only=True)
    distance_km = serializers.FloatField(
        read_only=True, allow_null=True, required=False, help_text="null: it has no place."
    )

    class Meta(EventSerializer.Meta):
        ref_name = "FoundEvent"
        fields = [*EventSerializer.Meta.fields, "highlight", "distance_km"]
        read_only_fields = fields

    def to_representation(self, event: Any) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(event)
        if not hasattr(event, "distance_km"):
            shown.pop("distance_km", None)
        return shown


class SuggestionsSerializer(serializers.Serializer[Any]):
    results = serializers.ListField(child=serializers.CharField(), help_text="Titles, at most 10.")

    class Meta:
        ref_name = "Suggestions"
