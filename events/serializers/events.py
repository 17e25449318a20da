"""Request and response bodies of events."""

from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from rest_framework.exceptions import ErrorDetail

from accounts.models import User
from core.api import serializers
from core.api.fields import DegreesField, TextOrNullField, TimezoneField
from core.validators import validate_year
from events.extras import event_extras
from events.models import LATEST_REFUND_HOURS, MOST_SEATS, Category, Event, Role
from events.rule_syntax import MOST_CHARACTERS, MOST_OCCURRENCES
from events.serializers.banners import BannerSerializer, BannerUploadField
from events.serializers.categories import CategoryInEventSerializer, TagSerializer, TagsField
from events.serializers.times import ShowsDays, StartOrEndField, check_days, times_in

MOST_TAGS = 20


class PersonSerializer(serializers.ModelSerializer[User]):
    """The public fields of a person."""

    display_name = serializers.CharField(
        source="shown_name",
        read_only=True,
        help_text="Name that others see. Default: the username.",
    )

    class Meta:
        model = User
        ref_name = "Person"
        fields = ["id", "username", "display_name"]


class EventSerializer(ShowsDays, serializers.ModelSerializer[Event]):
    """An event in responses, with the fields that upper apps register in `events.extras`."""

    description = serializers.CharField(allow_blank=True, read_only=True)
    location = serializers.CharField(allow_blank=True, read_only=True)
    created_by = PersonSerializer(read_only=True, allow_null=True)
    category = CategoryInEventSerializer(read_only=True, allow_null=True)
    tags = TagSerializer(many=True, read_only=True)
    banner = BannerSerializer(read_only=True, allow_null=True)
    max_attendees = serializers.IntegerField(source="tally.max_attendees", allow_null=True)
    going_count = serializers.IntegerField(
        source="tally.going", help_text="Number of people with a seat, guests included."
    )
    interested_count = serializers.IntegerField(source="tally.interested")
    waitlist_count = serializers.IntegerField(source="tally.waiting")
    spots_left = serializers.IntegerField(
        source="tally.spots_left",
        allow_null=True,
        help_text="Number of free seats, or of free tickets if they are fewer. Null: no limit.",
    )
    is_full = serializers.BooleanField(
        source="tally.is_full", help_text="Whether new attendees join the waitlist."
    )
    average_rating = serializers.FloatField(
        source="rating.average",
        allow_null=True,
        help_text="Average stars, 1 to 5, rounded to two places. Null: no reviews.",
    )
    review_count = serializers.IntegerField(source="rating.count")
    my_role = serializers.ChoiceField(
        choices=Role.choices,
        read_only=True,
        allow_null=True,
        help_text="`owner`: I organize it. `door`: I help at it, until 48 hours after its end.",
    )

    external_provider = TextOrNullField(
        help_text="Provider that sells tickets. Null: not imported."
    )
    external_event_id = TextOrNullField(help_text="ID at the provider.")
    external_url = TextOrNullField(help_text="Page at the provider, which clients must link to.")
    external_status = TextOrNullField(
        help_text="Status at the provider: scheduled, rescheduled, postponed or cancelled."
    )
    currency = TextOrNullField(help_text="ISO 4217")
    price = serializers.DecimalField(
        max_digits=10,
        decimal_places=2,
        read_only=True,
        allow_null=True,
        help_text="Lowest ticket price at the provider, where tickets are paid.",
    )
    # Declared, because drf-yasg would describe a property as a string.
    is_recurring = serializers.BooleanField(read_only=True)
    recurrence_pattern = serializers.CharField(
        source="series.recurrence_pattern",
        allow_null=True,
        help_text="Word such as weekly, or an RRULE (RFC 5545). Null: a single event.",
    )
    series = serializers.IntegerField(
        source="series_id",
        allow_null=True,
        help_text="ID of the series of the event. Null: a single event.",
    )

    class Meta:
        model = Event
        read_only_fields = [
            "id", "title", "description", "location", "latitude", "longitude", "start_time",
            "end_time", "end_time_known", "is_all_day", "timezone", "status", "cancellation_reason",
            "created_by", "category", "tags", "is_recurring", "recurrence_pattern", "series",
            "banner", "max_attendees", "going_count", "interested_count", "waitlist_count",
            "spots_left", "is_full", "requires_verified_email", "refund_policy",
            "refund_until_hours", "average_rating", "review_count", "external_provider",
            "external_event_id", "external_url", "external_status", "price", "currency",
            "created_at", "updated_at", "my_role",
        ]  # fmt: skip
        fields = read_only_fields

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()
        for extra in event_extras():
            fields[extra.name] = extra.serializer(
                source=f"extras.{extra.name}", read_only=True, allow_null=True
            )
        return fields


def check_status_of_new(status: str) -> str:
    if status == Event.Status.CANCELLED:
        raise serializers.ValidationError(
            "A new event can only be draft or published.", code="invalid_choice"
        )
    return status


class EventInputSerializer(serializers.ModelSerializer[Event]):
    """The body of a new event. Counts, IDs and owners of a response are ignored."""

    ignores_fields_of: ClassVar[tuple[type[Any], ...]] = (EventSerializer,)

    start_time = StartOrEndField(
        help_text="Start; with `is_all_day` the first day, such as 2027-06-04. A change without "
        "`end_time` keeps the length."
    )
    end_time = StartOrEndField(help_text="End; with `is_all_day` the last day, included.")
    timezone = TimezoneField(
        required=False,
        help_text="IANA or Windows name; stored as the IANA name. Default for a new event: the "
        "organizer's time zone.",
    )
    description = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=20_000,
        validators=Event._meta.get_field("description").validators[:1],
    )
    max_attendees = serializers.IntegerField(
        min_value=1, max_value=MOST_SEATS, allow_null=True, required=False,
        help_text="Number of seats. Null: no limit.",
    )  # fmt: skip
    refund_until_hours = serializers.IntegerField(
        min_value=0,
        max_value=LATEST_REFUND_HOURS,
        required=False,
        help_text="End of refunds: hours before the start. Sold tickets keep their terms.",
    )
    category_id = serializers.PrimaryKeyRelatedField(
        source="category",
        queryset=Category.objects.all(),
        pk_field=serializers.IntegerField(),
        allow_null=True,
        required=False,
    )
    latitude = DegreesField(min_value=-90, max_value=90, allow_null=True, required=False)
    longitude = DegreesField(min_value=-180, max_value=180, allow_null=True, required=False)
    tags = TagsField(
        max_length=MOST_TAGS, required=False, help_text="Ids, slugs, or tags of a response."
    )
    is_recurring = serializers.BooleanField(required=False, allow_null=True)
    recurrence_pattern = serializers.CharField(
        required=False,
        allow_null=True,
        allow_blank=True,
        max_length=MOST_CHARACTERS,
        help_text="daily, weekly, biweekly, monthly, yearly, or an RRULE (RFC 5545) of days.",
    )
    exdates = serializers.ListField(
        child=serializers.DateField(validators=[validate_year]),
        max_length=MOST_OCCURRENCES,
        required=False,
        help_text="Days of the rule without an occurrence.",
    )
    banner = BannerUploadField(help_text="JPEG, PNG or WebP file in a form. Null: no banner.")

    class Meta:
        model = Event
        fields = [
            "title", "description", "location", "latitude", "longitude", "start_time", "end_time",
            "is_all_day", "timezone", "status", "max_attendees", "requires_verified_email",
            "refund_policy", "refund_until_hours", "category_id", "tags", "is_recurring",
            "recurrence_pattern", "exdates", "banner",
        ]  # fmt: skip

    def validate_status(self, status: str) -> str:
        return check_status_of_new(status) if self.instance is None else status

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Read times without an offset in the zone of the event; services read days."""
        zone = ZoneInfo(attrs.get("timezone") or self._zone_so_far())
        if self.instance is None:
            attrs.setdefault("timezone", zone.key)
        is_all_day = attrs.get("is_all_day", self.instance is not None and self.instance.is_all_day)
        check_days(attrs, is_all_day=is_all_day)
        attrs |= times_in(attrs, zone, is_all_day=is_all_day)
        return self._with_rule(attrs)

    def _with_rule(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Drop a rule with `is_recurring: false`; a rule alone implies `is_recurring: true`."""
        is_recurring = attrs.pop("is_recurring", None)
        if is_recurring is False or not attrs.get("recurrence_pattern"):
            attrs.pop("recurrence_pattern", None)
        if is_recurring and "recurrence_pattern" not in attrs and not self._recurs_already():
            missing = ErrorDetail("Send a recurrence_pattern, such as weekly.", "required")
            raise serializers.ValidationError({"recurrence_pattern": missing})
        if is_recurring is False and self._recurs_already():
            message = (
                "This event is part of a series. To end it, delete it with scope=following, or "
                "send a rule with an end and scope=all."
            )
            error = ErrorDetail(message, "series_goes_on")
            raise serializers.ValidationError({"is_recurring": error})
        return attrs

    def _recurs_already(self) -> bool:
        return self.instance is not None and self.instance.is_recurring

    def _zone_so_far(self) -> str:
        if self.instance is not None:
            return self.instance.timezone
        organizer: User = self.context["request"].user
        return organizer.timezone


class EventChangeSerializer(EventInputSerializer):
    """The body of a change; nothing is required, and omitted fields keep their values."""

    class Meta(EventInputSerializer.Meta):
        fields = [*EventInputSerializer.Meta.fields, "cancellation_reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, partial=True, **kwargs)

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()
        for field in fields.values():
            field.required = False
        return fields


class EventCopySerializer(EventChangeSerializer):
    """The differences of a copy from its source, the instance."""

    class Meta(EventInputSerializer.Meta):
        pass

    def validate_status(self, status: str) -> str:
        return check_status_of_new(status)

    def _recurs_already(self) -> bool:
        return False
