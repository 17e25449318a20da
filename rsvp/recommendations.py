"""What somebody might like next, from their interests and from what they answered before.

Said order: the most points first, then the soonest. A category among the
interests of the profile gives 3 points, that of an earlier answer 2, and each
tag of earlier answers 1, up to 3. Who has neither, or finds nothing by them,
gets the best attended of what comes next.

Bounded whatever the number of events: the latest 50 answers are read, and the
300 soonest events by category and by tag each.
"""

from collections import Counter
from datetime import datetime

from django.db.models import Case, Exists, OuterRef, Value, When
from django.utils import timezone

from accounts.models import User
from events.models import Event, EventQuerySet, Tag
from rsvp.models import Rsvp

MOST = 100
_ANSWERS_READ = 50
_EVENTS_READ = 300
_SOONEST = 1000
_FOR_INTEREST, _FOR_CATEGORY, _FOR_TAGS = 3, 2, 3


def recommend(user: User) -> EventQuerySet:
    """At most 100 listed events that have not started, best first: none of one's own, none that
    one has answered, and of each series the soonest alone."""
    open_to = _open_to(user, timezone.now())
    ids = _by_taste(user, open_to) or _popular(open_to)
    places = (When(pk=pk, then=Value(place)) for place, pk in enumerate(ids))
    best = Event.objects.filter(pk__in=ids)
    return best.order_by(Case(*places, default=Value(MOST))) if ids else best.none()


def _open_to(user: User, now: datetime) -> EventQuerySet:
    answered = Rsvp.objects.of_person(user).filter(event=OuterRef("pk"))
    upcoming = Event.objects.listed().filter(~Exists(answered), start_time__gt=now)
    of_others = upcoming.exclude(created_by=user)
    # Left out here and not later: a daily class would fill all that is read.
    sooner = of_others.filter(series=OuterRef("series"), start_time__lt=OuterRef("start_time"))
    return of_others.filter(~Exists(sooner)).order_by("start_time", "id")


def _by_taste(user: User, events: EventQuerySet) -> list[int]:
    interests = set(User.interests.through.objects.filter(user=user).values_list(
        "category_id", flat=True
    ))  # fmt: skip
    answered = dict(
        Rsvp.objects.of_person(user)
        .with_personal_status(Rsvp.Status.GOING, Rsvp.Status.INTERESTED, Rsvp.Status.WAITLISTED)
        .order_by("-id")
        .values_list("event_id", "event__category_id")[:_ANSWERS_READ]
    )
    earlier = {category for category in answered.values() if category is not None}
    tagged = Tag.events.through.objects.filter(event__in=list(answered))
    tags = set(tagged.values_list("tag_id", flat=True))
    columns = ("start_time", "id", "category_id")
    has_tag = Exists(Tag.events.through.objects.filter(event=OuterRef("pk"), tag__in=tags))
    candidates = {
        *events.filter(category__in=interests | earlier).values_list(*columns)[:_EVENTS_READ],
        *events.filter(has_tag).values_list(*columns)[:_EVENTS_READ],
    }
    shared = Counter(
        Tag.events.through.objects.filter(
            event__in=[pk for _, pk, _ in candidates], tag__in=tags
        ).values_list("event_id", flat=True)
    )

    def points(pk: int, category: int | None) -> int:
        of_category = (
            _FOR_INTEREST if category in interests else _FOR_CATEGORY if category in earlier else 0
        )
        return of_category + min(shared[pk], _FOR_TAGS)

    best = sorted(candidates, key=lambda each: (-points(each[1], each[2]), each[0], each[1]))
    return [pk for _, pk, _ in best][:MOST]


def _popular(events: EventQuerySet) -> list[int]:
    """Among the thousand soonest: sorting all that is to come would read all."""
    soonest = Event.objects.filter(pk__in=events.values("pk")[:_SOONEST])
    fullest = soonest.order_by("-tally__going", "-tally__interested", "start_time", "id")
    return list(fullest.values_list("pk", flat=True)[:MOST])
