"""Who comes, and who is there."""

from typing import Any

from core.api import serializers
from core.api.fields import InstantField, WholeNumberField
from events.serializers.events import PersonSerializer
from rsvp.models import MOST_GUESTS, Rsvp
from rsvp.serializers.rsvps import POSITION
from rsvp.tickets import LONGEST_CODE

LONGEST_BATCH = 500


class AttendeeSerializer(serializers.ModelSerializer[Rsvp]):
    """The public view of an attendee, from the person's own RSVP."""

    user = PersonSerializer(read_only=True)
    status = serializers.ChoiceField(choices=Rsvp.Status.choices, source="personal_status")
    guests = serializers.IntegerField(source="personal_guests")

    class Meta:
        model = Rsvp
        fields = ["user", "status", "guests", "created_at"]
        read_only_fields = fields


class AttendeeForOwnerSerializer(AttendeeSerializer):
    """The view of the owner, helpers and admins: seats and check-ins."""

    status = serializers.ChoiceField(choices=Rsvp.Status.choices)
    guests = serializers.IntegerField()
    email = serializers.EmailField(
        source="reached_at",
        allow_null=True,
        help_text="null if the account was erased, or was only admitted as a walk-in.",
    )
    waitlist_position = serializers.IntegerField(default=None, allow_null=True, help_text=POSITION)
    arrived = serializers.IntegerField(help_text="People of the party who were checked in.")
    is_confirmed = serializers.BooleanField(
        help_text="false for a walk-in by ID or name that the person has not confirmed."
    )

    class Meta(AttendeeSerializer.Meta):
        ref_name = "AttendeeForOwner"
        fields = [
            *AttendeeSerializer.Meta.fields,
            "email",
            "waitlist_position",
            "arrived",
            "checked_in_at",
            "is_confirmed",
        ]
        read_only_fields = fields


class AttendanceSerializer(serializers.Serializer[Any]):
    """Counts of people, guests included."""

    answered = serializers.IntegerField(help_text="Going, waiting or interested.")
    going = serializers.IntegerField(help_text="With a seat.")
    interested = serializers.IntegerField()
    waiting = serializers.IntegerField()
    max_attendees = serializers.IntegerField(allow_null=True)
    spots_left = serializers.IntegerField(allow_null=True)
    arrived = serializers.IntegerField(help_text="Checked in.")
    missing = serializers.IntegerField(help_text="With a seat, and not checked in.")
    is_used = serializers.BooleanField(
        help_text="Whether attendance counts as used: at least half of the seats were scanned, or "
        "check-in was closed."
    )
    no_shows = serializers.IntegerField(
        allow_null=True,
        help_text="People missing once check-in is over or closed. null before, where attendance "
        "was not used, and at cancelled events.",
    )
    opens_at = serializers.DateTimeField(help_text="Start of the check-in window.")
    closes_at = serializers.DateTimeField(help_text="End of the check-in window.")
    check_in_closed_at = serializers.DateTimeField(
        allow_null=True, help_text="Time at which the organizer closed check-in. null: not closed."
    )


class TicketSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="What the QR code holds. Signed.")
    qr = serializers.CharField(help_text="The code as a picture: SVG, to stand in a page.")
    people = serializers.IntegerField(help_text="How many it lets in.")
    arrived = serializers.IntegerField(help_text="How many of them were checked in.")


class _PartySerializer(serializers.Serializer[Any]):
    """Who stands at the door: a ticket or a person, and how many of the party."""

    code = serializers.CharField(
        max_length=LONGEST_CODE, required=False, help_text="Of the ticket."
    )
    user_id = WholeNumberField(
        min_value=1, max_value=2**63 - 1, required=False, help_text="Or the person …"
    )
    username = serializers.CharField(
        max_length=150, required=False, help_text="… by id or by name."
    )
    people = WholeNumberField(
        min_value=1,
        max_value=1 + MOST_GUESTS,
        required=False,
        help_text="How many of the party; left out: all whom it concerns.",
    )

    ways: tuple[str, ...] = ("code", "user_id", "username")

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        if len([way for way in self.ways if way in asked]) != 1:
            told = f"Send exactly one of: {', '.join(self.ways)}."
            raise serializers.ValidationError({self.ways[0]: told}, code="exactly_one")
        return asked


class CheckInInputSerializer(_PartySerializer):
    walk_in = serializers.BooleanField(
        default=False,
        help_text="true: the party has no seat, or brings more people than it has seats for. By "
        "user_id or username it is a record for the organizer only until the person confirms it.",
    )
    at = InstantField(
        required=False,
        help_text="When it was scanned. The same party at the same time is the same check-in, so "
        "it is safe to send again. In the event's timezone without an offset. Default: now.",
    )


class UndoInputSerializer(_PartySerializer):
    """The body of a check-in, without `walk_in` and `at`, which are ignored."""

    ignores_fields_of = (CheckInInputSerializer,)


class ScanSerializer(_PartySerializer):
    """One entry of a list that was scanned without a network."""

    at = InstantField(help_text="When it was scanned; in the event's zone where it has none.")

    ways = ("code", "user_id")
    username = None  # type: ignore[assignment]


class JudgedSerializer(serializers.Serializer[Any]):
    """The result of one scan. If it was refused, `reason` is an error code, with `detail`."""

    code = serializers.CharField(required=False, help_text="As it was sent.")
    user_id = serializers.IntegerField(required=False, help_text="As it was sent.")
    status = serializers.ChoiceField(choices=["checked_in", "already_checked_in", "refused"])
    reason = serializers.CharField(required=False)
    detail = serializers.CharField(required=False)
    errors = serializers.ListField(  # type: ignore[assignment]
        child=serializers.DictField(), required=False, help_text="Where the entry is no scan."
    )
    attendee = AttendeeForOwnerSerializer(required=False)
    checked_in_at = serializers.DateTimeField(
        required=False, help_text="Time of the first scan, for already_checked_in."
    )
    start_time = serializers.DateTimeField(
        required=False,
        help_text="Start of the scan's date, if the event was moved to another date since.",
    )


class JudgedAllSerializer(serializers.Serializer[Any]):
    results = JudgedSerializer(many=True)
