"""The weekly digest of new events in a person's interests.

It is written on Monday morning of each person's time zone. The hourly task may run late or twice:
the week is the occasion of the message, and there is one message for each occasion.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from core.validators import zone_or_utc
from events.models import Event
from events.notifications import EventsContext, event_data
from notifications.models import Notification
from notifications.services import Notice, notify
from rsvp.models import Rsvp
from rsvp.notifications import NEW_IN_INTERESTS

MONDAY, FROM_HOUR = 0, 9
NEW_FOR = timedelta(days=7)
MOST_EVENTS = 10
_USEFUL_FOR = timedelta(days=3)
_PER_CATEGORY = 50
_BATCH = 500


def write_digests() -> int:
    """Write the digests that are due and not written yet; return their number."""
    now = timezone.now()
    written = 0
    news: dict[date, _NewEvents] = {}
    for people, monday in _due(now):
        new = news.setdefault(monday, _NewEvents(now, monday))
        new.load({pk for interests in people.values() for pk in interests})
        known = _known(people, {event.pk for events in new.values() for event in events})
        notices = [
            _digest(user_id, _week(monday), events, now)
            for user_id, interests in people.items()
            if (events := _chosen(user_id, interests, new, known[user_id]))
        ]
        notify(notices)
        written += len(notices)
    return written


def _week(monday: date) -> str:
    return f"{monday:%G-W%V}"


def _due(now: datetime) -> Iterator[tuple[dict[int, list[int]], date]]:
    """Yield people with their interests, a batch at a time, and the date of their Monday."""
    by_monday: dict[date, list[str]] = defaultdict(list)
    for zone in User.objects.order_by("timezone").values_list("timezone", flat=True).distinct():
        local = now.astimezone(zone_or_utc(zone))
        if local.weekday() == MONDAY and local.hour >= FROM_HOUR:
            by_monday[local.date()].append(zone)
    for monday, zones in by_monday.items():
        after = 0
        while ids := list(_waiting(_week(monday), zones).filter(pk__gt=after)[:_BATCH]):
            people: dict[int, list[int]] = defaultdict(list)
            for user_id, category_id in User.interests.through.objects.filter(
                user__in=ids
            ).values_list("user_id", "category_id"):
                people[user_id].append(category_id)
            yield people, monday
            after = ids[-1]


def _waiting(week: str, zones: list[str]) -> QuerySet[User, int]:
    has_it = Notification.objects.filter(
        user=OuterRef("pk"), event_id=None, kind=NEW_IN_INTERESTS.name, occasion=week
    )
    interested = User.interests.through.objects.filter(user=OuterRef("pk"))
    people = User.objects.filter(
        ~Exists(has_it), Exists(interested), is_active=True, timezone__in=zones
    )
    return people.order_by("pk").values_list("pk", flat=True)


class _NewEvents(dict[int, list[Event]]):
    """Future events that were published last week, by category, the best attended first.

    A series is represented by its next date. Last week is a calendar week in UTC, whenever the task
    runs, so that no event falls between two digests.
    """

    def __init__(self, now: datetime, monday: date) -> None:
        super().__init__()
        self.now = now
        self.until = datetime.combine(monday, time.min, tzinfo=UTC)

    def load(self, categories: set[int]) -> None:
        """Load the categories that are not loaded yet."""
        to_come = Event.objects.listed().to_come(self.now)
        is_earlier = Q(start_time__lt=OuterRef("start_time")) | Q(
            start_time=OuterRef("start_time"), pk__lt=OuterRef("pk")
        )
        earlier_date = to_come.filter(is_earlier, series=OuterRef("series"))
        for category in categories - self.keys():
            events = to_come.filter(
                ~Exists(earlier_date),
                category=category,
                published_at__gte=self.until - NEW_FOR,
                published_at__lt=self.until,
            )
            fullest = events.order_by("-tally__going", "start_time", "id")
            self[category] = list(fullest.select_related("category")[:_PER_CATEGORY])


def _known(people: Iterable[int], events: Iterable[int]) -> dict[int, set[int]]:
    """Return the events among these that each person has RSVPed to."""
    known: dict[int, set[int]] = defaultdict(set)
    rsvps = Rsvp.objects.own().filter(user__in=people, event__in=events)
    for user_id, event_id in rsvps.values_list("user_id", "event_id"):
        known[user_id].add(event_id)
    return known


def _chosen(
    user_id: int, interests: list[int], new: Mapping[int, list[Event]], known: set[int]
) -> list[Event]:
    candidates = [
        event
        for category in interests
        for event in new[category]
        if event.pk not in known and event.created_by_id != user_id
    ]
    best = sorted(candidates, key=lambda event: event.start_time)
    return best[:MOST_EVENTS]


def _digest(
    user_id: int, occasion: str, events: list[Event], now: datetime
) -> Notice[EventsContext]:
    return Notice(
        user_id=user_id,
        kind=NEW_IN_INTERESTS,
        occasion=occasion,
        context=EventsContext(
            [{**event_data(event), "category": str(event.category)} for event in events]
        ),
        useful_until=now + _USEFUL_FOR,
    )
