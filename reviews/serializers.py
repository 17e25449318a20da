"""Serializers of reviews, separate for input and output."""

from typing import Any

from core.api import serializers
from core.api.fields import TextOrNullField
from core.validators import PlainText
from events.serializers.events import PersonSerializer
from reviews.models import FEWEST_STARS, LONGEST_REASON, LONGEST_TEXT, MOST_STARS, Review


class _StarsField(serializers.IntegerField):
    """A JSON integer; `"5"`, `5.0` and `true` are invalid."""

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:
            self.fail("invalid")
        return int(super().to_internal_value(data))


class ReviewSerializer(serializers.ModelSerializer[Review]):
    user = PersonSerializer(source="author", read_only=True)
    comment = serializers.CharField(allow_blank=True, read_only=True)
    reply = TextOrNullField(help_text="Reply of the organizer.")
    is_hidden = serializers.BooleanField(
        read_only=True,
        help_text="Whether it is hidden: it does not count, and only its author and admins see it.",
    )
    hidden_reason = TextOrNullField()

    class Meta:
        model = Review
        fields = [
            "id", "user", "rating", "comment", "reply", "replied_at", "is_hidden", "hidden_reason",
            "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields


class _EventOfReviewSerializer(serializers.Serializer[Review]):
    id = serializers.IntegerField(source="event_id")
    title = serializers.CharField(source="event_title")

    class Meta:
        ref_name = "ReviewEvent"


class OwnReviewSerializer(ReviewSerializer):
    """A review in a list of several events."""

    event = _EventOfReviewSerializer(source="*", read_only=True)

    class Meta(ReviewSerializer.Meta):
        ref_name = "OwnReview"
        fields = ["id", "event", *ReviewSerializer.Meta.fields[1:]]
        read_only_fields = fields


class ReviewInputSerializer(serializers.ModelSerializer[Review]):
    ignores_fields_of = (ReviewSerializer,)

    rating = _StarsField(min_value=FEWEST_STARS, max_value=MOST_STARS, help_text="Stars.")

    class Meta:
        model = Review
        fields = ["rating", "comment"]


class ReviewChangeSerializer(ReviewInputSerializer):
    """The same with optional fields; missing fields stay unchanged."""

    rating = _StarsField(
        min_value=FEWEST_STARS, max_value=MOST_STARS, required=False, help_text="Stars."
    )


class ReplyInputSerializer(serializers.Serializer[Any]):
    ignores_fields_of = (ReviewSerializer,)

    reply = serializers.CharField(max_length=LONGEST_TEXT, validators=[PlainText(lines=True)])


class HideInputSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(
        max_length=LONGEST_REASON,
        validators=[PlainText(lines=True)],
        help_text="Reason that the author sees.",
    )
