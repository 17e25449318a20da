"""The shape of numbers on the wire; rates are 0 to 1, people include guests."""

from typing import Any

from core.api import serializers
from events.models import Event
from events.serializers.named import CategoryInEventSerializer
from events.serializers.times import ShowsDays
from reviews.models import STARS


class _Plain(serializers.Serializer[Any]):
    """Answers what the selectors tell, and reads nothing."""


def _rate(told: str) -> serializers.FloatField:
    return serializers.FloatField(allow_null=True, help_text=f"{told} 0 to 1; null: none yet.")


class _Stars(_Plain):
    def get_fields(self) -> Any:
        return {str(stars): serializers.IntegerField() for stars in STARS}


class RatingsSerializer(_Plain):
    average = serializers.FloatField(allow_null=True)
    count = serializers.IntegerField()
    stars = _Stars(help_text="How many reviews gave so many stars.")


class WaitlistSerializer(_Plain):
    joined = serializers.IntegerField(help_text="Parties that ever joined the line.")
    promoted = serializers.IntegerField(help_text="Of those: seated from it.")
    conversion = _rate("promoted of joined.")


class ReturningSerializer(_Plain):
    people = serializers.IntegerField(help_text="Who has a seat, without guests.")
    returning = serializers.IntegerField(
        help_text="Overview: has one at two or more of these events. Of one event: had one at an"
        " earlier event of the organizer."
    )
    rate = _rate("returning of people.")


class AnswersOfDaySerializer(_Plain):
    date = serializers.DateField()
    going = serializers.IntegerField()
    interested = serializers.IntegerField()
    waitlisted = serializers.IntegerField()
    cancelled = serializers.IntegerField()


class _Counts(_Plain):
    going = serializers.IntegerField()
    interested = serializers.IntegerField()
    waitlisted = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    arrived = serializers.IntegerField()


class TotalsSerializer(_Counts):
    no_shows = serializers.IntegerField(
        allow_null=True,
        help_text="Of events whose check-in is over and was used; null: there are none.",
    )
    seats = serializers.IntegerField(help_text="Of events with a limit.")


class TotalsOfEventSerializer(_Counts):
    no_shows = serializers.IntegerField(
        allow_null=True,
        help_text="null: check-in is not over or was not used, or the event is cancelled.",
    )
    spots_left = serializers.IntegerField(allow_null=True)
    max_attendees = serializers.IntegerField(allow_null=True)


class NumberedEventSerializer(ShowsDays, _Plain):
    id = serializers.IntegerField()
    title = serializers.CharField()
    start_time = serializers.DateTimeField()


class FillSerializer(_Plain):
    event = NumberedEventSerializer()
    going = serializers.IntegerField()
    waiting = serializers.IntegerField()
    max_attendees = serializers.IntegerField(allow_null=True)
    fill_rate = _rate("going of max_attendees.")


class HourSerializer(_Plain):
    weekday = serializers.IntegerField(help_text="1 is Monday, 7 Sunday.")
    hour = serializers.IntegerField(help_text="0 to 23, in each event's own zone.")
    events = serializers.IntegerField()
    going_per_event = serializers.FloatField()
    fill_rate = _rate("Of the events with a limit.")


class BestCategorySerializer(_Plain):
    category = CategoryInEventSerializer(allow_null=True)
    events = serializers.IntegerField()
    going = serializers.IntegerField()
    going_per_event = serializers.FloatField()
    average_rating = serializers.FloatField(allow_null=True)


class _Rates(_Plain):
    fill_rate = _rate("People going of the seats, where there is a limit.")
    show_up_rate = _rate("People who came of those going, where no_shows counts.")
    cancellation_rate = _rate("Parties that cancelled of those that ever had a seat or place.")
    waitlist = WaitlistSerializer()
    returning = ReturningSerializer()
    ratings = RatingsSerializer()
    answers_per_day = AnswersOfDaySerializer(many=True)


class OverviewSerializer(_Rates):
    date_from = serializers.DateField(allow_null=True)
    date_to = serializers.DateField(allow_null=True)
    timezone = serializers.CharField()
    events = serializers.IntegerField()
    totals = TotalsSerializer()
    fill_by_event = FillSerializer(many=True)
    best_hours = HourSerializer(many=True)
    best_categories = BestCategorySerializer(many=True)


class EventOfNumbersSerializer(NumberedEventSerializer):
    end_time = serializers.DateTimeField()
    timezone = serializers.CharField()
    status = serializers.ChoiceField(choices=Event.Status.choices)


class ArrivalsSerializer(_Plain):
    at = serializers.DateTimeField(help_text="When the quarter of an hour began.")
    people = serializers.IntegerField(help_text="Let in, less those taken back.")


class EventNumbersSerializer(_Rates):
    event = EventOfNumbersSerializer()
    timezone = serializers.CharField()
    totals = TotalsOfEventSerializer()
    arrivals = ArrivalsSerializer(many=True)


class PopularPlaceSerializer(NumberedEventSerializer):
    location = serializers.CharField()
    category = CategoryInEventSerializer(allow_null=True)


class PopularSerializer(_Plain):
    event = PopularPlaceSerializer()
    score = serializers.FloatField(
        help_text="People who answered that they are going, each half as much every seven days."
    )
    going_count = serializers.IntegerField()
    average_rating = serializers.FloatField(allow_null=True)
