"""Queries for reviews, and for the people who may write one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q, Sum
from django.db.models.functions import Coalesce

from accounts.models import User
from events.models import Event, EventQuerySet, Rating
from events.selectors import visible_to
from reviews.exceptions import ReviewNotFound
from reviews.models import Review, ReviewQuerySet
from rsvp.attendance import check_in_was_used
from rsvp.models import CheckIn, Rsvp, RsvpQuerySet

# Delay after an edit that moved the end to an earlier time: otherwise an organizer could end an
# event to collect reviews immediately.
OPEN_AFTER_EDIT = timedelta(hours=1)
ASKED_WITHIN = timedelta(hours=48)  # after the end; a later request would be a surprise


def reviews_of(*, event: Event, user: User) -> ReviewQuerySet:
    """Return the reviews that the person may read, newest first, with their authors."""
    reviews = Review.objects.filter(event=event).visible_to(user)
    return reviews.select_related("author").order_by("-id")


def own_reviews(*, user: User, are_mine: bool, are_of_my_events: bool) -> ReviewQuerySet:
    """Return the reviews by the user, of events that the user organizes, or both; newest first.

    They are those that the user can read at the event, with their authors and `event_title`.
    """
    events = visible_to(user)
    if are_of_my_events:
        events = events.filter(created_by=user)
    reviews = Review.objects.filter(event__in=events).visible_to(user)
    if are_mine:
        reviews = reviews.filter(author=user)
    with_title = reviews.annotate(event_title=F("event__title"))
    return with_title.select_related("author").order_by("-id")


def get_review(*, review_id: int, event: Event, user: User) -> Review:
    """Raises ReviewNotFound."""
    try:
        return reviews_of(event=event, user=user).get(pk=review_id)
    except Review.DoesNotExist as error:
        raise ReviewNotFound from error


def reviews_open_at(event: Event) -> datetime | None:
    """Return when reviews open; None while the event is postponed and has no valid end."""
    if event.is_postponed:
        return None
    edited_at = event.end_pulled_in_at
    return max(event.end_time, edited_at + OPEN_AFTER_EDIT) if edited_at else event.end_time


def attended_rsvps(event: Event) -> RsvpQuerySet:
    """Return the RSVPs with a seat at the end; if check-in was used, only those checked in.

    Walk-ins count once they are confirmed. Walk-ins of accounts that were created after the start
    do not count: organizers could make any number of them.
    """
    seated = Rsvp.objects.filter(event=event).with_personal_status(Rsvp.Status.GOING)
    came = Q(arrived__gt=0) | ~Exists(Event.objects.filter(check_in_was_used(), pk=event.pk))
    walked_in = Exists(CheckIn.objects.current().filter(rsvp=OuterRef("pk"), is_walk_in=True))
    is_too_new = Q(user__date_joined__gt=event.start_time) & walked_in
    return seated.filter(came & ~is_too_new)


def rsvps_to_ask(event: Event) -> RsvpQuerySet:
    """Return the RSVPs of attendees who can be asked for a review: not the organizer."""
    has_reviewed = Review.objects.filter(event=OuterRef("event"), author=OuterRef("user"))
    attended = attended_rsvps(event).exclude(user=event.created_by_id)
    return attended.filter(~Exists(has_reviewed), user__is_active=True)


def events_to_ask_about(now: datetime) -> EventQuerySet:
    """Return the events that took place and ended recently, but not just now."""
    after = timedelta(minutes=settings.REVIEW_REQUEST_AFTER_MINUTES)
    is_open = Q(end_pulled_in_at=None) | Q(end_pulled_in_at__lte=now - OPEN_AFTER_EDIT)
    over = Event.objects.published().filter(
        is_open, end_time__gt=now - ASKED_WITHIN, end_time__lte=now - after
    )
    return over.exclude(external_status=Event.POSTPONED)


def export_of(user: User) -> dict[str, list[dict[str, Any]]]:
    """Return a person's reviews, their replies to others, and what they hid as an admin."""
    reviews = Review.objects.filter(Q(author=user) | Q(replied_by=user) | Q(hidden_by=user))
    rows = reviews.annotate(event_title=F("event__title")).order_by("pk").values()
    return {"reviews.review": [_own_part(row, user.pk) for row in rows]}


def _own_part(row: Any, user_id: int) -> dict[str, Any]:
    """Return the person's own review, or only their part of a review by somebody else."""
    if row["author_id"] == user_id:
        others = {"hidden_by_id", "replied_by_id"}
        return {name: value for name, value in row.items() if name not in others}
    names = ["id", "event_id", "event_title"]
    if row["replied_by_id"] == user_id:
        names += ["reply", "replied_at"]
    if row["hidden_by_id"] == user_id:
        names += ["hidden_at", "hidden_reason"]
    return {name: row[name] for name in names}


@dataclass(frozen=True)
class Difference:
    """A rating that differs from its reviews."""

    event_id: int
    field: str
    rating: int
    rows: int


def rating_differences() -> Iterator[Difference]:
    """Recount every event from its reviews, and return the ratings that differ."""
    shown = Q(event__reviews__isnull=False, event__reviews__hidden_at=None)
    recounted = Rating.objects.annotate(
        rows_count=Count("event__reviews", filter=shown),
        rows_sum=Coalesce(Sum("event__reviews__rating", filter=shown), 0),
    )
    wrong = recounted.exclude(count=F("rows_count"), sum=F("rows_sum"))
    for rating in wrong.order_by("pk").iterator():
        for field in ("count", "sum"):
            counted, rows = getattr(rating, field), getattr(rating, f"rows_{field}")
            if counted != rows:
                yield Difference(rating.pk, field, counted, rows)
