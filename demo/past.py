"""What the demo's calendar has behind it, and what goes on right now.

Written past the services, which date everything to now: `tests/demo` shows that what stands there
afterwards is what they would have left. Nobody is told of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from random import Random

from django.db.models import F, Max, Min, OuterRef, Subquery

from accounts.models import User
from demo.cast import Cast, starts_at
from demo.catalogue import EVENTS, DemoEvent
from demo.catalogue.reviews import LIKED
from demo.evening import ANNOUNCED, Evening
from events.models import Event, EventQuerySet, Rating, Tally
from reviews.models import Review, ReviewRequest
from rsvp.models import CheckIn, Rsvp, RsvpChange

OLIVE = "olive"  # whom people try things out as
# By title → minutes from now to the start, which is then put on a quarter of an hour.
NOW = {
    "Kneipenquiz: Berlin Trivia in English": 20,
    "Board Games for People Who Just Moved Here": 70,
}
_SOON = timedelta(hours=2)
_QUARTER_S = 15 * 60
_LARGEST = 180  # more seats than that the demo's people would leave empty
_FOR_UNLIMITED = 40
_WEEKS_AGO = (13, 7)  # of a calendar of six weeks
_BATCH = 500


@dataclass(frozen=True)
class _Planned:
    entry: DemoEvent
    start: datetime
    chance: Random


def add_past(cast: Cast, now: datetime) -> int:
    """Events of the last three months, with all that became of them; answers how many.

    Once: not where somebody was let in to an event of the demo's that is over.
    """
    past = Event.objects.filter(
        created_by__in=cast.organizers.values(), end_time__lte=now, tally__arrived__gt=0
    )
    if past.exists():
        return 0
    planned = _planned_past(now)
    evenings = _prepare(planned, cast, now)
    for plan, evening in zip(planned, evenings, strict=True):
        _play(evening, plan, cast)
    hers = [evening for evening in evenings if evening.event.created_by == cast.organizers[OLIVE]]
    hers[len(hers) // 2].advertise(cast.admin)
    _save(evenings)
    # Asked already, or the next look would ask those of the last two days.
    ReviewRequest.objects.bulk_create(
        ReviewRequest(event=each.event, finished_at=each.event.end_time) for each in evenings
    )
    return len(evenings)


def _planned_past(now: datetime) -> list[_Planned]:
    """Each entry whole weeks earlier, so that the days of the week stay; Olive's twice."""
    possible = [
        entry
        for entry in EVENTS
        if entry.status == "published" and (entry.max_attendees or 0) <= _LARGEST
    ]
    planned = [
        _Planned(entry, starts_at(entry, weeks_ago=weeks), Random(f"{weeks} {entry.title}"))
        for number, entry in enumerate(possible)
        for weeks in (_WEEKS_AGO if entry.organizer == OLIVE else [_WEEKS_AGO[number % 2]])
    ]
    # Yesterday's club night may still go on.
    over = [each for each in planned if each.start + timedelta(minutes=each.entry.minutes) < now]
    return sorted(over, key=lambda each: each.start)


def add_what_is_on(cast: Cast, now: datetime) -> int:
    """Events with open doors, where none of their title has any; answers how many were missing."""
    is_on = Event.objects.filter(
        created_by__in=cast.organizers.values(), start_time__lte=now + _SOON, end_time__gt=now
    )
    titles = set(is_on.values_list("title", flat=True))
    planned = [
        _Planned(entry, _quarter_after(now, NOW[entry.title]), Random(entry.title))
        for entry in EVENTS
        if entry.title in NOW and entry.title not in titles
    ]
    evenings = _prepare(planned, cast, now)
    for plan, evening in zip(planned, evenings, strict=True):
        _play(evening, plan, cast)
    _save(evenings)
    return len(evenings)


def spread_answers(events: EventQuerySet, now: datetime) -> None:
    """As if they had been given since the event was announced: services date them to now."""
    answers = list(RsvpChange.objects.filter(event__in=events).order_by("event", "pk"))
    for event_id, group in groupby(answers, key=lambda answer: answer.event_id):
        chance, given = Random(event_id), list(group)
        moments = sorted(now - ANNOUNCED * chance.random() ** 1.5 for _ in given)
        for answer, at in zip(given, moments, strict=True):
            answer.at = at
    RsvpChange.objects.bulk_update(answers, ["at"], batch_size=_BATCH)
    announced_at = now - ANNOUNCED
    events.exclude(published_at=None).update(published_at=announced_at, created_at=announced_at)
    _date_rsvps(events)


def _prepare(planned: Sequence[_Planned], cast: Cast, now: datetime) -> list[Evening]:
    """Their events, saved."""
    evenings, tagged = [], []
    for plan in planned:
        details = cast.details(plan.entry, plan.start)
        tags, limit = details.pop("tags"), details.pop("max_attendees")
        event = Event(
            created_by=cast.organizers[plan.entry.organizer],
            published_at=plan.start - ANNOUNCED,
            **details,
        )
        tagged += [Event.tags.through(event=event, tag=tag) for tag in tags]
        evenings.append(Evening(event, max_attendees=limit, chance=plan.chance, now=now))
    Event.objects.bulk_create(evening.event for evening in evenings)
    Event.tags.through.objects.bulk_create(tagged)
    return evenings


def _play(evening: Evening, plan: _Planned, cast: Cast) -> None:
    event, chance = evening.event, evening.chance
    organizer = cast.organizers[plan.entry.organizer]
    keen = _by_keenness(cast, plan.entry.category, chance)
    demand = max(plan.entry.demand, chance.uniform(0.75, 1.25))
    evening.take_answers(keen, wanted=round(demand * (plan.entry.max_attendees or _FOR_UNLIMITED)))
    is_checked = event.end_time > evening.now or chance.random() < 0.85
    if is_checked:
        evening.let_in(organizer, show_up=chance.uniform(0.8, 1))
        evening.let_walk_in(chance.sample(cast.passers_by, chance.randint(0, 3)), organizer)
    if event.end_time <= evening.now:
        evening.hear(organizer, details=LIKED[plan.entry.category])


def _by_keenness(cast: Cast, category: str, chance: Random) -> list[User]:
    """Everyone, those who like such things first, mostly: they come again and again."""
    people = [(user, 3.0) for user in cast.regulars] + [(user, 1.0) for user in cast.passers_by]
    order = []
    for user, keenness in people:
        liking = Random(f"{user.email} {category}").choice([0.1, 0.3, 1, 4])
        order.append((chance.random() ** (1 / (keenness * liking)), user.pk, user))
    return [user for *_, user in sorted(order, reverse=True)]


def _quarter_after(now: datetime, minutes: int) -> datetime:
    seconds = (now + timedelta(minutes=minutes)).timestamp()
    return datetime.fromtimestamp(seconds // _QUARTER_S * _QUARTER_S, tz=now.tzinfo)


def _save(evenings: Sequence[Evening]) -> None:
    """All that was played, with the dates that it has there."""
    Tally.objects.bulk_create(evening.tally for evening in evenings)
    Rating.objects.bulk_create(evening.rating for evening in evenings)
    Rsvp.objects.bulk_create((r for e in evenings for r in e.rsvps), batch_size=_BATCH)
    RsvpChange.objects.bulk_create((a for e in evenings for a in e.answers), batch_size=_BATCH)
    scans = sorted((c for e in evenings for c in e.check_ins), key=lambda scan: scan.at)
    CheckIn.objects.bulk_create(scans, batch_size=_BATCH)
    reviews = sorted((r for e in evenings for r in e.reviews), key=lambda review: review.created_at)
    written = [review.created_at for review in reviews]
    Review.objects.bulk_create(reviews, batch_size=_BATCH)
    for review, at in zip(reviews, written, strict=True):
        review.created_at = review.updated_at = at  # saving has set them to now
    Review.objects.bulk_update(reviews, ["created_at", "updated_at"], batch_size=_BATCH)
    events = Event.objects.filter(pk__in=[evening.event.pk for evening in evenings])
    events.update(created_at=F("published_at"), updated_at=F("published_at"))
    CheckIn.objects.filter(event__in=events).update(recorded_at=F("at"))
    _date_rsvps(events)


def _date_rsvps(events: EventQuerySet) -> None:
    """By the answers that were given."""
    given = RsvpChange.objects.filter(rsvp=OuterRef("pk")).order_by().values("rsvp")
    Rsvp.objects.filter(event__in=events).update(
        created_at=Subquery(given.values(first=Min("at"))),
        updated_at=Subquery(given.values(last=Max("at"))),
    )
