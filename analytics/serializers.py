"""Serializers of numbers. Rates are 0 to 1, people include guests."""

from typing import Any

from core.api import serializers
from events.models import Event
from events.serializers.categories import CategoryInEventSerializer
from events.serializers.times import ShowsDays
from reviews.models import STARS

Output = serializers.Serializer[Any]


def _rate(definition: str) -> serializers.FloatField:
    return serializers.FloatField(allow_null=True, help_text=f"{definition} 0 to 1. null: no data.")


class _Stars(Output):
    def get_fields(self) -> Any:
        return {str(stars): serializers.IntegerField() for stars in STARS}


class RatingsSerializer(Output):
    average = serializers.FloatField(allow_null=True)
    count = serializers.IntegerField()
    stars = _Stars(help_text="Number of reviews, by stars.")


class WaitlistSerializer(Output):
    joined = serializers.IntegerField(help_text="Number of parties that ever joined the waitlist.")
    promoted = serializers.IntegerField(help_text="Number of these parties that got seats.")
    conversion = _rate("promoted / joined.")


class ReturningSerializer(Output):
    people = serializers.IntegerField(help_text="People with a seat, without guests.")
    returning = serializers.IntegerField(
        help_text="Overview: people with seats at two or more of these events. One event: people "
        "who had a seat at an earlier event of the organizer."
    )
    rate = _rate("returning / people.")


class RsvpsOfDaySerializer(Output):
    date = serializers.DateField()
    going = serializers.IntegerField()
    pending_payment = serializers.IntegerField(help_text="Holds that waited for a payment.")
    interested = serializers.IntegerField()
    waitlisted = serializers.IntegerField()
    cancelled = serializers.IntegerField()


class _Counts(Output):
    going = serializers.IntegerField()
    pending_payment = serializers.IntegerField(help_text="People whose seats are held.")
    interested = serializers.IntegerField()
    waitlisted = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    arrived = serializers.IntegerField()


class TotalsSerializer(_Counts):
    no_shows = serializers.IntegerField(
        allow_null=True,
        help_text="People missing at events whose check-in is over and was used. null: no such "
        "events.",
    )
    seats = serializers.IntegerField(help_text="Seats of events with a limit.")


class TotalsOfEventSerializer(_Counts):
    no_shows = serializers.IntegerField(
        allow_null=True,
        help_text="People missing. null: check-in is not over or was not used, or the event is "
        "cancelled.",
    )
    spots_left = serializers.IntegerField(allow_null=True)
    max_attendees = serializers.IntegerField(allow_null=True)


class NumberedEventSerializer(ShowsDays, Output):
    id = serializers.IntegerField()
    title = serializers.CharField()
    start_time = serializers.DateTimeField()


class AmountsSerializer(Output):
    paid = serializers.CharField(help_text="Including what was refunded later.")
    refunded = serializers.CharField()
    fees = serializers.CharField(help_text="Of the payment provider.")
    net = serializers.CharField(help_text="paid - refunded - fees.")


def _totals() -> serializers.DictField:
    return serializers.DictField(
        child=AmountsSerializer(),
        help_text="By currency (ISO 4217), decimal text in the currency's own places.",
    )


class RevenueOfDaySerializer(Output):
    date = serializers.DateField()
    totals = _totals()


class RevenueOfTypeSerializer(AmountsSerializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    currency = serializers.CharField()
    tickets = serializers.IntegerField(
        help_text="Tickets that were paid for, also if they were refunded later."
    )


class RevenueSerializer(Output):
    totals = _totals()
    per_day = RevenueOfDaySerializer(
        many=True,
        help_text="Payments on the day on which they were paid, refunds on the day on which they "
        "were done. Empty without any in these days.",
    )


class RevenueOfEventSerializer(RevenueSerializer):
    by_ticket_type = RevenueOfTypeSerializer(
        many=True, help_text="Of types that were paid for, in the order of display."
    )


class FillSerializer(Output):
    event = NumberedEventSerializer()
    going = serializers.IntegerField()
    waiting = serializers.IntegerField()
    max_attendees = serializers.IntegerField(allow_null=True)
    fill_rate = _rate("going / max_attendees.")
    revenue = _totals()


class HourSerializer(Output):
    weekday = serializers.IntegerField(help_text="1 (Monday) to 7 (Sunday).")
    hour = serializers.IntegerField(help_text="0 to 23, in each event's own time zone.")
    events = serializers.IntegerField()
    going_per_event = serializers.FloatField()
    fill_rate = _rate("People going / seats, of events with a limit.")


class BestCategorySerializer(Output):
    category = CategoryInEventSerializer(allow_null=True)
    events = serializers.IntegerField()
    going = serializers.IntegerField()
    going_per_event = serializers.FloatField()
    average_rating = serializers.FloatField(allow_null=True)


class _Rates(Output):
    fill_rate = _rate("People going / seats, of events with a limit.")
    show_up_rate = _rate("People who came / people going, of events with known no-shows.")
    cancellation_rate = _rate(
        "Parties that cancelled / parties that ever had seats or a waitlist place."
    )
    waitlist = WaitlistSerializer()
    returning = ReturningSerializer()
    ratings = RatingsSerializer()
    answers_per_day = RsvpsOfDaySerializer(many=True)


class OverviewSerializer(_Rates):
    date_from = serializers.DateField(allow_null=True)
    date_to = serializers.DateField(allow_null=True)
    timezone = serializers.CharField()
    events = serializers.IntegerField()
    totals = TotalsSerializer()
    revenue = RevenueSerializer()
    fill_by_event = FillSerializer(many=True)
    best_hours = HourSerializer(many=True)
    best_categories = BestCategorySerializer(many=True)


class EventOfNumbersSerializer(NumberedEventSerializer):
    end_time = serializers.DateTimeField()
    timezone = serializers.CharField()
    status = serializers.ChoiceField(choices=Event.Status.choices)


class ArrivalsSerializer(Output):
    at = serializers.DateTimeField(help_text="Start of the quarter of an hour.")
    people = serializers.IntegerField(help_text="People checked in, minus undone check-ins.")


class TicketTypeNumbersSerializer(Output):
    id = serializers.IntegerField()
    name = serializers.CharField()
    quantity = serializers.IntegerField(allow_null=True, help_text="null: no limit.")
    going = serializers.IntegerField(help_text="Tickets of people with a seat.")
    held = serializers.IntegerField(help_text="Tickets whose payment is awaited.")
    waiting = serializers.IntegerField(help_text="Tickets of people on the waitlist.")


class EventNumbersSerializer(_Rates):
    event = EventOfNumbersSerializer()
    timezone = serializers.CharField()
    totals = TotalsOfEventSerializer()
    arrivals = ArrivalsSerializer(many=True)
    ticket_types = TicketTypeNumbersSerializer(
        many=True, help_text="In the order of display. Empty without ticket types."
    )
    revenue = RevenueOfEventSerializer()


class PopularPlaceSerializer(NumberedEventSerializer):
    location = serializers.CharField()
    category = CategoryInEventSerializer(allow_null=True)


class PopularSerializer(Output):
    event = PopularPlaceSerializer()
    score = serializers.FloatField(
        help_text="People going, each counted half as much for every seven days since their RSVP."
    )
    going_count = serializers.IntegerField()
    average_rating = serializers.FloatField(allow_null=True)
