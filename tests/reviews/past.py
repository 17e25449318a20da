"""Past events, their attendees and reviews."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from events.models import Event, Rating
from reviews.models import Review
from reviews.services import submit_review
from rsvp.check_in import Scan, check_in
from rsvp.services import join_event
from tests.factories import EventFactory, UserFactory, end


def past_event(*guests: User, **more: Any) -> Event:
    """Create an event that ended an hour ago, at which these people had seats."""
    event = EventFactory.create(**more)
    for guest in guests:
        join_event(event_id=event.pk, attendee=guest)
    end(event)
    return event


def review(event: Event, author: User, rating: int = 5, comment: str = "") -> Review:
    return submit_review(event_id=event.pk, author=author, rating=rating, comment=comment)


def reviewed(event: Event, *ratings: int) -> list[Review]:
    """Create reviews by this many new people with seats."""
    reviews = []
    for rating in ratings:
        guest = UserFactory.create()
        seat(event, guest)
        reviews.append(review(event, guest, rating))
    return reviews


def seat(event: Event, person: User) -> None:
    """Give the person a seat, as if they had RSVPed in time."""
    row = Event.objects.filter(pk=event.pk)
    [times] = row.values("start_time", "end_time")
    tomorrow = timezone.now() + timedelta(days=1)
    row.update(start_time=tomorrow, end_time=tomorrow + timedelta(hours=1))
    join_event(event_id=event.pk, attendee=person)
    row.update(**times)


def came(event: Event, person: User) -> None:
    """Check people in after the end, as the owner can."""
    scan = Scan(user_id=person.pk)
    check_in(event_id=event.pk, scan=scan, by=person, is_correction=True)


def rating_of(event: Event) -> tuple[int, int]:
    """Return the number of reviews that count, and the sum of their stars."""
    rating = Rating.objects.get(pk=event.pk)
    return rating.count, rating.sum
