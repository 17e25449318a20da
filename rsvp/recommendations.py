"""Recommended events, from a person's interests and earlier RSVPs.

The order is by points, then by start: 3 points for a category among the interests of the profile,
2 for the category of an earlier RSVP, and 1 for each tag of earlier RSVPs, up to 3. Without
interests and earlier RSVPs, or without matches, the best attended of the next events are returned.

The work is bounded, however many events there are: the latest 50 RSVPs are read, and the 300
soonest events by category and by tag each.
"""

from collections import Counter
from datetime import datetime

from django.db.models import Case, Exists, OuterRef, Value, When
from django.utils import timezone

from accounts.models import User
from events.models import Event, EventQuerySet, Tag
from rsvp.models import Rsvp

MOST = 100
_RSVPS_READ = 50
_EVENTS_READ = 300
_SOONEST = 1000
_FOR_INTEREST, _FOR_CATEGORY, _FOR_TAGS = 3, 2, 3


def recommend(user: User) -> EventQuerySet:
    """Return at most 100 listed events that have not started, best first.

    The person's own events and those with an RSVP are left out. A series is represented by its
    soonest date.
    """
    candidates = _candidates(user, timezone.now())
    ids = _matching(user, candidates) or _popular(candidates)
    places = (When(pk=pk, then=Value(place)) for place, pk in enumerate(ids))
    best = Event.objects.filter(pk__in=ids)
    return best.order_by(Case(*places, default=Value(MOST))) if ids else best.none()


def _candidates(user: User, now: datetime) -> EventQuerySet:
    rsvps = Rsvp.objects.of_person(user).filter(event=OuterRef("pk"))
    upcoming = Event.objects.listed().filter(~Exists(rsvps), start_time__gt=now)
    of_others = upcoming.exclude(created_by=user)
    # Excluded before the limits below: otherwise a daily class would use them up.
    sooner = of_others.filter(series=OuterRef("series"), start_time__lt=OuterRef("start_time"))
    return of_others.filter(~Exists(sooner)).order_by("start_time", "id")


def _matching(user: User, events: EventQuerySet) -> list[int]:
    interested = User.interests.through.objects.filter(user=user)
    interests = set(interested.values_list("category_id", flat=True))
    rsvps = Rsvp.objects.of_person(user).with_personal_status(
        Rsvp.Status.GOING, Rsvp.Status.INTERESTED, Rsvp.Status.WAITLISTED
    )
    latest = rsvps.order_by("-id").values_list("event_id", "event__category_id")
    earlier_events = dict(latest[:_RSVPS_READ])
    earlier = {category for category in earlier_events.values() if category is not None}
    tagged = Tag.events.through.objects.filter(event__in=list(earlier_events))
    tags = set(tagged.values_list("tag_id", flat=True))
    columns = ("start_time", "id", "category_id")
    has_tag = Exists(Tag.events.through.objects.filter(event=OuterRef("pk"), tag__in=tags))
    candidates = {
        *events.filter(category__in=interests | earlier).values_list(*columns)[:_EVENTS_READ],
        *events.filter(has_tag).values_list(*columns)[:_EVENTS_READ],
    }
    shared = Tag.events.through.objects.filter(
        event__in=[pk for _, pk, _ in candidates], tag__in=tags
    )
    shared_tags = Counter(shared.values_list("event_id", flat=True))

    def rank(candidate: tuple[datetime, int, int | None]) -> tuple[int, datetime, int]:
        start, pk, category = candidate
        points = (
            _FOR_INTEREST if category in interests else _FOR_CATEGORY if category in earlier else 0
        )
        return -points - min(shared_tags[pk], _FOR_TAGS), start, pk

    return [pk for _, pk, _ in sorted(candidates, key=rank)][:MOST]


def _popular(events: EventQuerySet) -> list[int]:
    # Only the soonest are sorted: sorting all future events would read all of them.
    soonest = Event.objects.filter(pk__in=events.values("pk")[:_SOONEST])
    fullest = soonest.order_by("-tally__going", "-tally__interested", "start_time", "id")
    return list(fullest.values_list("pk", flat=True)[:MOST])
