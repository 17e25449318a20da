"""Answers, as whoever gave them sees them."""

from typing import Any

from core.api import serializers
from core.api.fields import WholeNumberField
from events.models import Event
from events.serializers.events import PersonSerializer
from events.serializers.times import ShowsDays
from rsvp.models import MOST_GUESTS, Rsvp
from rsvp.services import Outcome

Status = Rsvp.Status
REFUSED = "refused"
POSITION = "Place in line, in parties. null for a party that is larger than a lowered limit."


class MyRsvpSerializer(serializers.ModelSerializer[Rsvp]):
    """My answer, as an event shows it."""

    status = serializers.ChoiceField(choices=Status.choices, source="personal_status")
    guests = serializers.IntegerField(source="personal_guests")
    waitlist_position = serializers.IntegerField(allow_null=True, help_text=POSITION)

    class Meta:
        model = Rsvp
        fields = ["status", "guests", "waitlist_position"]
        read_only_fields = fields


class _EventInRsvp(ShowsDays, serializers.ModelSerializer[Event]):
    status = serializers.SerializerMethodField()

    class Meta:
        model = Event
        ref_name = "RsvpEvent"
        fields = ["id", "title", "start_time", "status"]

    def get_status(self, event: Event) -> str:
        return Event.Status.CANCELLED if event.deleted_at else event.status


class RsvpSerializer(serializers.ModelSerializer[Rsvp]):
    event = _EventInRsvp(read_only=True)
    user = PersonSerializer(read_only=True)
    status = serializers.ChoiceField(choices=Status.choices, source="shown_status")
    guests = serializers.IntegerField(source="personal_guests")
    waitlist_position = serializers.IntegerField(allow_null=True, help_text=POSITION)
    checked_in_at = serializers.DateTimeField(source="personal_checked_in_at", allow_null=True)

    class Meta:
        model = Rsvp
        fields = [
            "id",
            "event",
            "user",
            "status",
            "guests",
            "waitlist_position",
            "checked_in_at",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields


class AnswerInputSerializer(serializers.Serializer[Any]):
    ignores_fields_of = (RsvpSerializer,)

    status = serializers.ChoiceField(choices=[Status.GOING, Status.INTERESTED, Status.CANCELLED])
    guests = WholeNumberField(
        min_value=0,
        max_value=MOST_GUESTS,
        required=False,
        help_text="How many come with you; left out: 0 at first, unchanged later.",
    )
    waitlist = serializers.BooleanField(
        default=True, help_text="false: rather a 409 `event_full` than a place in the line."
    )


class DateAnswerSerializer(RsvpSerializer):
    """My answer to one date of a series; where it was refused, `event`, `status` and why."""

    status = serializers.ChoiceField(choices=[*Status.choices, (REFUSED, REFUSED)])
    code = serializers.CharField(required=False, help_text="Of a refusal, as the rest here.")
    detail = serializers.CharField(required=False)
    next_step = serializers.CharField(required=False, help_text="What to do instead.")

    class Meta(RsvpSerializer.Meta):
        ref_name = "DateAnswer"
        fields = [*RsvpSerializer.Meta.fields, "code", "detail", "next_step"]
        read_only_fields = fields

    def to_representation(self, outcome: Outcome) -> dict[str, Any]:  # type: ignore[override]
        refusal = outcome.refusal
        if refusal is None:
            return dict(RsvpSerializer(outcome.rsvp).data)
        why = {"code": refusal.code, "detail": str(refusal)}
        if refusal.next_step:
            why["next_step"] = refusal.next_step
        return {"event": _EventInRsvp(outcome.event).data, "status": REFUSED} | why


class SeriesAnswerSerializer(serializers.Serializer[Any]):
    results = DateAnswerSerializer(many=True)


class CalendarAddressSerializer(serializers.Serializer[Any]):
    url = serializers.URLField(help_text="Whoever knows it can read it: renew it once it is out.")
