"""Attendees, tickets and check-ins."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from core.api import serializers
from core.api.fields import InstantField
from core.clock import instant
from events.serializers.events import PersonSerializer
from rsvp.models import MOST_GUESTS, Rsvp
from rsvp.selectors import OWNER_COLUMNS, tickets_shown
from rsvp.serializers.rsvps import POSITION, TicketsSerializer
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
    tickets = TicketsSerializer(many=True, help_text="Empty at an event without ticket types.")
    is_confirmed = serializers.BooleanField(
        help_text="false for a walk-in by ID or name that the person has not confirmed."
    )

    class Meta(AttendeeSerializer.Meta):
        ref_name = "AttendeeForOwner"
        fields = [
            *AttendeeSerializer.Meta.fields, "email", "waitlist_position", "arrived",
            "checked_in_at", "is_confirmed", "tickets",
        ]  # fmt: skip
        read_only_fields = fields


_owner_row = attrgetter(*(name.replace("__", ".") for name in OWNER_COLUMNS))


def attendee_bodies(rsvps: Sequence[Rsvp]) -> list[dict[str, Any]]:
    """Return the fields of AttendeeForOwnerSerializer, without building one."""
    return owner_bodies(
        [(*_owner_row(rsvp), getattr(rsvp, "waitlist_position", None)) for rsvp in rsvps]
    )


def attendee_body(rsvp: Rsvp) -> dict[str, Any]:
    [body] = attendee_bodies([rsvp])
    return body


def public_bodies(rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    """Return the fields of AttendeeSerializer for rows of `selectors.public_attendees`."""
    return [_public_body(row) for row in rows]


def _public_body(row: Sequence[Any]) -> dict[str, Any]:
    pk, username, display_name, is_confirmed, status, guests, own_status, own_guests, at = row
    return {
        "user": {"id": pk, "username": username, "display_name": display_name or username},
        "status": status if is_confirmed else own_status,
        "guests": guests if is_confirmed else own_guests,
        "created_at": instant(at),
    }


def owner_bodies(rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    """Return the fields of AttendeeForOwnerSerializer for rows of `attendees_for_owner`."""
    rsvp_at = OWNER_COLUMNS.index("id")
    tickets = tickets_shown([row[rsvp_at] for row in rows if row[rsvp_at + 1]])
    return [_owner_body(row, tickets.get(row[rsvp_at], [])) for row in rows]


def _owner_body(row: Sequence[Any], tickets: list[dict[str, Any]]) -> dict[str, Any]:
    (
        pk, username, display_name, is_confirmed, status, guests, own_status, _, created_at,
        _, _, email, erased_at, arrived, checked_in_at, position,
    ) = row  # fmt: skip
    is_reached = erased_at is None and (is_confirmed or own_status != "")
    return {
        "user": {"id": pk, "username": username, "display_name": display_name or username},
        "status": status,
        "guests": guests,
        "created_at": instant(created_at),
        "email": email if is_reached else None,
        "waitlist_position": position,
        "arrived": arrived,
        "checked_in_at": instant(checked_in_at),
        "is_confirmed": is_confirmed,
        "tickets": tickets,
    }


class AttendanceSerializer(serializers.Serializer[Any]):
    """Counts of people, guests included."""

    answered = serializers.IntegerField(help_text="People going, held, waiting or interested.")
    going = serializers.IntegerField(help_text="People with a seat.")
    held = serializers.IntegerField(help_text="People whose payment is awaited.")
    interested = serializers.IntegerField()
    waiting = serializers.IntegerField()
    max_attendees = serializers.IntegerField(allow_null=True)
    spots_left = serializers.IntegerField(allow_null=True)
    arrived = serializers.IntegerField(help_text="People checked in.")
    missing = serializers.IntegerField(help_text="People with a seat who are not checked in.")
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
    code = serializers.CharField(help_text="Signed content of the QR code.")
    qr = serializers.CharField(help_text="QR code as SVG, to put into a page.")
    people = serializers.IntegerField(help_text="Number of people that the ticket admits.")
    tickets = TicketsSerializer(many=True, help_text="Empty at an event without ticket types.")
    arrived = serializers.IntegerField(help_text="Number of them who were checked in.")


class _PartySerializer(serializers.Serializer[Any]):
    """A party, by its ticket or its person, and how many of its people."""

    code = serializers.CharField(
        max_length=LONGEST_CODE, required=False, help_text="Code of the ticket."
    )
    user_id = serializers.IntegerField(
        min_value=1, max_value=2**63 - 1, required=False, help_text="ID of the person."
    )
    username = serializers.CharField(
        max_length=150, required=False, help_text="Username of the person."
    )
    people = serializers.IntegerField(
        min_value=1,
        max_value=1 + MOST_GUESTS,
        required=False,
        help_text="Number of people of the party. Default: all that are missing, or all that "
        "arrived for an undo.",
    )

    keys: tuple[str, ...] = ("code", "user_id", "username")

    def validate(self, params: dict[str, Any]) -> dict[str, Any]:
        if len([key for key in self.keys if key in params]) != 1:
            detail = f"Send exactly one of: {', '.join(self.keys)}."
            raise serializers.ValidationError({self.keys[0]: detail}, code="exactly_one")
        return params


class CheckInInputSerializer(_PartySerializer):
    walk_in = serializers.BooleanField(
        default=False,
        help_text="true: the party has no seat, or brings more people than it has seats for. By "
        "user_id or username it is a record for the organizer only until the person confirms it.",
    )
    ticket_type = serializers.IntegerField(
        min_value=1,
        max_value=2**63 - 1,
        required=False,
        help_text="ID of the ticket type of a walk-in. Default: the first free one.",
    )
    paid_at_the_door = serializers.BooleanField(
        default=False,
        help_text="true: you took the money for the tickets of a walk-in that cost something.",
    )
    at = InstantField(
        required=False,
        help_text="Time of the scan. The same party at the same time is the same check-in, so "
        "it is safe to send again. Without an offset: in the event's time zone. Default: now.",
    )


class UndoInputSerializer(_PartySerializer):
    """The body of a check-in; `at` and the fields of walk-ins are ignored."""

    ignores_fields_of = (CheckInInputSerializer,)


class ScanSerializer(_PartySerializer):
    """One entry of a list that was scanned offline."""

    at = InstantField(help_text="Time of the scan. Without an offset: in the event's time zone.")

    keys = ("code", "user_id")
    username = None  # type: ignore[assignment]


def read_scans(entries: Sequence[Any]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return the values of each entry, or its errors.

    One serializer reads all entries, because building one takes longer than reading.
    """
    reader = ScanSerializer(data={})
    read: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for entry in entries:
        try:
            read.append((reader.run_validation(entry), {}))
        except serializers.ValidationError:
            invalid = ScanSerializer(data=entry)
            invalid.is_valid()
            read.append(({}, dict(invalid.errors)))
    return read


class ScanResultSerializer(serializers.Serializer[Any]):
    """The result of one scan. If it was refused, `reason` is an error code, with `detail`."""

    code = serializers.CharField(required=False, help_text="Code of the scan, as it was sent.")
    user_id = serializers.IntegerField(required=False, help_text="ID of the scan, as it was sent.")
    status = serializers.ChoiceField(choices=["checked_in", "already_checked_in", "refused"])
    reason = serializers.CharField(required=False)
    detail = serializers.CharField(required=False)
    errors = serializers.ListField(  # type: ignore[assignment]
        child=serializers.DictField(), required=False, help_text="Errors of an invalid entry."
    )
    attendee = AttendeeForOwnerSerializer(required=False)
    checked_in_at = serializers.DateTimeField(
        required=False, help_text="Time of the first scan, for already_checked_in."
    )
    start_time = serializers.DateTimeField(
        required=False,
        help_text="Start of the scan's date, if the event was moved to another date since.",
    )


class ScanResultsSerializer(serializers.Serializer[Any]):
    results = ScanResultSerializer(many=True)
