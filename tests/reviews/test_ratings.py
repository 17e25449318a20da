"""`manage.py check_ratings`, and what the recount finds."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from events.models import Event, Rating
from reviews.models import Review
from reviews.services import hide_review
from tests.reviews.past import past_event, reviewed

pytestmark = pytest.mark.both


def checked() -> str:
    out = StringIO()
    call_command("check_ratings", stdout=out, no_color=True)
    return out.getvalue()


def test_correct_ratings_are_not_reported(past: Event, review: Review, alma: User) -> None:
    reviewed(past_event(), 5, 1)
    hide_review(review_id=review.pk, by=alma, reason="Rude.")
    assert checked() == "Every rating equals its reviews.\n"


def test_rating_that_differs_is_reported(past: Event, review: Review) -> None:
    reviewed(past_event(), 5)
    Rating.objects.filter(pk=past.pk).update(count=2, sum=8)
    out = StringIO()
    with pytest.raises(CommandError, match=r"2 differences found\."):
        call_command("check_ratings", stdout=out)
    assert out.getvalue().splitlines() == [
        f"event {past.pk}: count is 2, the reviews say 1",
        f"event {past.pk}: sum is 8, the reviews say 4",
    ]
