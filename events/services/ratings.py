"""The rating counts of events, which `reviews` updates."""

from django.db.models import F

from events.models import Rating


def change_rating(*, event_id: int, reviews: int, stars: int) -> None:
    """Add to the number of reviews and the sum of stars; both may be negative.

    Call it in the transaction that writes the review, after locking the review's row. Concurrent
    reviews of one event wait for each other here and nowhere else.
    """
    Rating.objects.filter(pk=event_id).update(count=F("count") + reviews, sum=F("sum") + stars)
