"""Input and output of external events and standing imports."""

from typing import Any

from rest_framework.exceptions import ErrorDetail

from core.api import serializers
from core.api.fields import TextOrNullField
from core.validators import validate_year
from events.models import Category, Event
from events.serializers.categories import CategoryInEventSerializer
from events.serializers.events import (
    EventChangeSerializer,
    EventInputSerializer,
    EventSerializer,
    PersonSerializer,
)
from events.serializers.times import ShowsDays, check_days
from external_events.models import MOST_A_RUN, MOST_DAYS_AHEAD, Run, Subscription
from external_events.providers import provider_choices
from external_events.records import Status
from external_events.selectors import organizers


class SearchSerializer(serializers.QueryParams):
    provider = serializers.ChoiceField(
        choices=provider_choices(),
        required=False,
        help_text="Default: the first provider with an API key.",
    )
    query = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=256, help_text="Search words."
    )
    location = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=256,
        help_text="City, or `City, CC` with the country's code, or `City, ST, CC`.",
    )
    date_from = serializers.DateField(
        required=False, validators=[validate_year], help_text="First day, at the venue."
    )
    date_to = serializers.DateField(
        required=False, validators=[validate_year], help_text="Last day, at the venue, inclusive."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        first, last = attrs.get("date_from"), attrs.get("date_to")
        if first and last and last < first:
            message = "date_to can't be before date_from."
            raise serializers.ValidationError({"date_to": ErrorDetail(message, "end_before_start")})
        return attrs


class ExternalEventSerializer(serializers.Serializer[Any]):
    """An event of a provider. Unknown values are null or empty."""

    provider = serializers.ChoiceField(choices=provider_choices())
    external_id = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    location = serializers.CharField()
    latitude = serializers.FloatField(allow_null=True)
    longitude = serializers.FloatField(allow_null=True)
    start_time = serializers.DateTimeField(
        allow_null=True, help_text="Null if the hour, and possibly the day, is not known."
    )
    end_time = serializers.DateTimeField(
        allow_null=True, help_text="Null if the hour of the end is not known."
    )
    timezone = serializers.CharField(help_text="IANA name. UTC if unknown.")
    time_known = serializers.BooleanField()
    local_date = serializers.DateField(
        allow_null=True, help_text="Day at the venue. Null if unknown."
    )
    status = serializers.ChoiceField(choices=[(status.value, status.value) for status in Status])
    url = serializers.CharField(help_text="Page of the event at the provider.")
    image = serializers.CharField()
    category = serializers.CharField()
    price_min = serializers.DecimalField(max_digits=10, decimal_places=2, allow_null=True)
    price_max = serializers.DecimalField(max_digits=10, decimal_places=2, allow_null=True)
    currency = serializers.CharField(help_text="ISO 4217")
    imported_event_id = serializers.SerializerMethodField()

    def get_imported_event_id(self, record: Any) -> int | None:
        imported: dict[str, int] = self.context["imported"]
        return imported.get(record.external_id)


class ImportSerializer(EventChangeSerializer):
    """The provider, and fields that replace the provider's."""

    provider = serializers.ChoiceField(choices=provider_choices())

    class Meta(EventInputSerializer.Meta):
        ref_name = "Import"
        fields = [
            "provider",
            *(
                name
                for name in EventInputSerializer.Meta.fields
                if name not in ("is_recurring", "recurrence_pattern", "exdates")
            ),
        ]

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        fields["provider"].required = True
        return fields

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Keep times without an offset: only the service knows the zone of the venue."""
        if "provider" not in attrs:  # partial serializers require nothing
            message = "Send the provider of the event."
            raise serializers.ValidationError({"provider": ErrorDetail(message, "required")})
        check_days(attrs, is_all_day=attrs.get("is_all_day", False))
        return attrs


class PossibleDuplicateSerializer(ShowsDays, serializers.ModelSerializer[Event]):
    external_provider = TextOrNullField()

    class Meta:
        model = Event
        ref_name = "PossibleDuplicate"
        fields = ["id", "title", "start_time", "location", "external_provider"]


class ImportedEventSerializer(EventSerializer):
    possible_duplicates = PossibleDuplicateSerializer(many=True, read_only=True)

    class Meta(EventSerializer.Meta):
        ref_name = "ImportedEvent"
        fields = [*EventSerializer.Meta.fields, "possible_duplicates"]


class RunSerializer(serializers.ModelSerializer[Run]):
    """One run of a standing import."""

    new = serializers.IntegerField(source="created", read_only=True)
    possible_duplicates = serializers.IntegerField(source="duplicates", read_only=True)

    class Meta:
        model = Run
        fields = [
            "id", "state", "dry_run", "total", "seen", "new", "updated", "unchanged", "cancelled",
            "skipped", "failed", "possible_duplicates", "is_truncated", "error", "started_at",
            "finished_at",
        ]  # fmt: skip
        read_only_fields = fields


class RunInputSerializer(serializers.Serializer[Any]):
    dry_run = serializers.BooleanField(
        required=False, help_text="Default: the value of the standing import."
    )


def _id_field(source: str, queryset: Any, help_text: str) -> Any:
    return serializers.PrimaryKeyRelatedField(
        source=source,
        queryset=queryset,
        pk_field=serializers.IntegerField(),
        allow_null=True,
        required=False,
        write_only=True,
        help_text=help_text,
    )


class SubscriptionSerializer(serializers.ModelSerializer[Subscription]):
    """A standing import."""

    days_ahead = serializers.IntegerField(
        min_value=1,
        max_value=MOST_DAYS_AHEAD,
        required=False,
        help_text="Number of days to search, today included; days at the venue.",
    )
    limit = serializers.IntegerField(
        min_value=1,
        max_value=MOST_A_RUN,
        required=False,
        allow_null=True,
        help_text="Maximum number of events per run. Null: no limit.",
    )
    category = CategoryInEventSerializer(read_only=True, allow_null=True)
    category_id = _id_field(
        "category",
        Category.objects.all(),
        "Category of the imported events. Null: the one named like the provider's.",
    )
    organizer = PersonSerializer(read_only=True, allow_null=True)
    organizer_id = _id_field(
        "organizer",
        organizers(),
        "Owner of the imported events. Null: no owner; only admins can edit them.",
    )
    last_run = RunSerializer(read_only=True, allow_null=True)

    class Meta:
        model = Subscription
        fields = [
            "id", "provider", "query", "location", "every", "days_ahead", "limit", "dry_run",
            "is_active", "category", "category_id", "organizer", "organizer_id", "next_run_at",
            "last_run", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["next_run_at", "created_at", "updated_at"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        names = ("query", "location")
        if not any(attrs.get(name, getattr(self.instance, name, "")) for name in names):
            message = "Send search words, a location, or both."
            raise serializers.ValidationError({"query": ErrorDetail(message, "required")})
        return attrs


class SubscriptionDetailSerializer(SubscriptionSerializer):
    """A standing import with its ten newest runs."""

    runs = serializers.SerializerMethodField()

    class Meta(SubscriptionSerializer.Meta):
        fields = [*SubscriptionSerializer.Meta.fields, "runs"]

    def get_runs(self, subscription: Subscription) -> Any:
        return RunSerializer(subscription.runs.all()[:10], many=True).data
