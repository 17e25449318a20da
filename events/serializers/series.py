"""Request and response bodies of series."""

from core.api import serializers
from events.models import Event, Series
from events.serializers.banners import BannerSerializer
from events.serializers.categories import CategoryInEventSerializer, TagSerializer
from events.serializers.events import EventChangeSerializer, PersonSerializer
from events.serializers.times import ShowsDays
from events.series.scopes import Scope


class ScopeSerializer(serializers.QueryParams):
    scope = serializers.ChoiceField(
        choices=Scope.choices,
        default=Scope.THIS,
        error_messages={"invalid_choice": "Send one of: this, following, all."},
        help_text="Dates of the series: this one, those from it on, or all upcoming ones.",
    )


class _DateOfSeriesSerializer(ShowsDays, serializers.ModelSerializer[Event]):
    class Meta:
        model = Event
        ref_name = "SeriesDate"
        fields = ["id", "start_time", "end_time"]
        read_only_fields = fields


class SeriesSerializer(serializers.ModelSerializer[Series]):
    """A series for its organizer. Its dates are events (`/api/events/?series=<id>`)."""

    description = serializers.CharField(allow_blank=True, read_only=True)
    location = serializers.CharField(allow_blank=True, read_only=True)
    created_by = PersonSerializer(read_only=True, allow_null=True)
    category = CategoryInEventSerializer(read_only=True, allow_null=True)
    tags = TagSerializer(many=True, read_only=True)
    duration = serializers.DurationField(
        format="iso-8601", read_only=True, help_text="ISO 8601, such as P0DT02H00M00S."
    )
    banner = BannerSerializer(read_only=True, allow_null=True)
    exdates = serializers.ListField(child=serializers.DateField(), read_only=True)
    average_rating = serializers.FloatField(
        source="rating.average",
        allow_null=True,
        help_text="Average stars of all dates, 1 to 5, rounded to two places. Null: no reviews.",
    )
    review_count = serializers.IntegerField(source="rating.count")
    next_date = _DateOfSeriesSerializer(
        read_only=True,
        allow_null=True,
        help_text="Next date that has not started and is not cancelled.",
    )

    class Meta:
        model = Series
        fields = [
            "id", "title", "description", "location", "latitude", "longitude", "timezone",
            "is_all_day", "recurrence_pattern", "first_day", "local_time", "duration", "exdates",
            "next_date", "status", "cancellation_reason", "max_attendees",
            "requires_verified_email", "refund_policy", "refund_until_hours", "average_rating",
            "review_count", "category", "tags", "banner", "created_by", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields


class SeriesChangeSerializer(EventChangeSerializer):
    """A change of all upcoming dates; start and end are those of the next one."""

    ignores_fields_of = (SeriesSerializer,)

    class Meta(EventChangeSerializer.Meta):
        ref_name = "SeriesChange"

    def _recurs_already(self) -> bool:
        return True
