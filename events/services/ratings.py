"""How an event was liked: the counts that `reviews` keeps here."""

from django.db.models import F

from events.models import Rating


def change_rating(*, event_id: int, reviews: int, stars: int) -> None:
    """So many reviews more or fewer, and so many stars, in one statement.

    In the transaction that writes the review, whose row is locked before: two reviews of one
    event wait for each other here and nowhere else.
    """
    Rating.objects.filter(pk=event_id).update(count=F("count") + reviews, sum=F("sum") + stars)
