"""Past and current demo events, with their RSVPs, check-ins and reviews.

Rows are written without the services, which date everything to now. `tests/demo` checks that the
result is what the services would have written. No notifications are created.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from random import Random

from django.db.models import F, Max, Min, OuterRef, Subquery

from accounts.models import User
from demo.catalogue import EVENTS, REVIEWS, DemoEvent
from demo.context import DemoContext, starts_at
from demo.simulation import ANNOUNCED, Simulation
from events.models import Event, EventQuerySet, Rating, Tally
from reviews.models import Review, ReviewRequest
from rsvp.models import CheckIn, Rsvp, RsvpChange

OLIVE = "olive"  # the organizer login
# Current events: title and minutes from now to the start, which is rounded to a quarter of an hour.
CURRENT = {
    "Kneipenquiz: Berlin Trivia in English": 20,
    "Board Games for People Who Just Moved Here": 70,
}
_SOON = timedelta(hours=2)
_QUARTER_S = 15 * 60
_LARGEST = 180  # there are too few demo accounts for more seats
_FOR_UNLIMITED = 40
_WEEKS_AGO = (13, 7)  # the calendar has six weeks
_BATCH = 500


@dataclass(frozen=True)
class _Planned:
    entry: DemoEvent
    start: datetime
    chance: Random


def add_past_events(context: DemoContext, now: datetime) -> int:
    """Add events of the last three months; return their number.

    Do nothing if somebody was checked in at a past demo event, because then they exist already.
    """
    past = Event.objects.filter(
        created_by__in=context.organizers.values(), end_time__lte=now, tally__arrived__gt=0
    )
    if past.exists():
        return 0
    planned = _planned_past(now)
    simulations = _prepare(planned, context, now)
    for plan, simulation in zip(planned, simulations, strict=True):
        _simulate(simulation, plan, context)
    olive = context.organizers[OLIVE]
    of_olive = [simulation for simulation in simulations if simulation.event.created_by == olive]
    of_olive[len(of_olive) // 2].add_advertisement(context.admin)
    _save(simulations)
    # Otherwise the next run would send review requests for the events of the last two days.
    ReviewRequest.objects.bulk_create(
        ReviewRequest(event=simulation.event, finished_at=simulation.event.end_time)
        for simulation in simulations
    )
    return len(simulations)


def _planned_past(now: datetime) -> list[_Planned]:
    """Move each entry whole weeks back, which keeps its weekday; those of Olive twice."""
    possible = [
        entry
        for entry in EVENTS
        if entry.status == "published"
        and (entry.max_attendees or 0) <= _LARGEST
        and not entry.tickets
    ]
    planned = [
        _Planned(entry, starts_at(entry, weeks_ago=weeks), Random(f"{weeks} {entry.title}"))
        for number, entry in enumerate(possible)
        for weeks in (_WEEKS_AGO if entry.organizer == OLIVE else [_WEEKS_AGO[number % 2]])
    ]
    # Yesterday's club night may not be over yet.
    over = [plan for plan in planned if plan.start + timedelta(minutes=plan.entry.minutes) < now]
    return sorted(over, key=lambda plan: plan.start)


def add_current_events(context: DemoContext, now: datetime) -> int:
    """Add the current events that are missing; return their number."""
    current = Event.objects.filter(
        created_by__in=context.organizers.values(), start_time__lte=now + _SOON, end_time__gt=now
    )
    titles = set(current.values_list("title", flat=True))
    planned = [
        _Planned(entry, _quarter_after(now, CURRENT[entry.title]), Random(entry.title))
        for entry in EVENTS
        if entry.title in CURRENT and entry.title not in titles
    ]
    simulations = _prepare(planned, context, now)
    for plan, simulation in zip(planned, simulations, strict=True):
        _simulate(simulation, plan, context)
    _save(simulations)
    return len(simulations)


def spread_answers(events: EventQuerySet, now: datetime) -> None:
    """Date RSVPs between the announcement and now, because the services date them to now."""
    answers = list(RsvpChange.objects.filter(event__in=events).order_by("event", "pk"))
    for event_id, group in groupby(answers, key=lambda answer: answer.event_id):
        chance, given = Random(event_id), list(group)
        moments = sorted(now - ANNOUNCED * chance.random() ** 1.5 for _ in given)
        for answer, at in zip(given, moments, strict=True):
            answer.at = at
    RsvpChange.objects.bulk_update(answers, ["at"], batch_size=_BATCH)
    announced_at = now - ANNOUNCED
    events.exclude(published_at=None).update(published_at=announced_at, created_at=announced_at)
    date_rsvps(events)


def _prepare(planned: Sequence[_Planned], context: DemoContext, now: datetime) -> list[Simulation]:
    """Save the planned events; return a simulation of each."""
    simulations, tagged = [], []
    for plan in planned:
        details = context.details(plan.entry, plan.start)
        tags, limit = details.pop("tags"), details.pop("max_attendees")
        event = Event(
            created_by=context.organizers[plan.entry.organizer],
            published_at=plan.start - ANNOUNCED,
            **details,
        )
        tagged += [Event.tags.through(event=event, tag=tag) for tag in tags]
        simulations.append(Simulation(event, max_attendees=limit, chance=plan.chance, now=now))
    Event.objects.bulk_create(simulation.event for simulation in simulations)
    Event.tags.through.objects.bulk_create(tagged)
    return simulations


def _simulate(simulation: Simulation, plan: _Planned, context: DemoContext) -> None:
    event, chance = simulation.event, simulation.chance
    organizer = context.organizers[plan.entry.organizer]
    people = _by_interest(context, plan.entry.category, chance)
    demand = max(plan.entry.demand, chance.uniform(0.75, 1.25))
    wanted = round(demand * (plan.entry.max_attendees or _FOR_UNLIMITED))
    simulation.add_rsvps(people, wanted=wanted)
    is_checked = event.end_time > simulation.now or chance.random() < 0.85
    if is_checked:
        simulation.check_in(organizer, show_up=chance.uniform(0.8, 1))
        simulation.add_walk_ins(chance.sample(context.passers_by, chance.randint(0, 3)), organizer)
    if event.end_time <= simulation.now:
        simulation.add_reviews(organizer, details=REVIEWS.details[plan.entry.category])


def _by_interest(context: DemoContext, category: str, chance: Random) -> list[User]:
    """Shuffle all people; those who like the category tend to come first, as returning visitors."""
    weights = [(user, 3.0) for user in context.regulars]
    weights += [(user, 1.0) for user in context.passers_by]
    order = []
    for user, weight in weights:
        interest = Random(f"{user.email} {category}").choice([0.1, 0.3, 1, 4])
        order.append((chance.random() ** (1 / (weight * interest)), user.pk, user))
    return [user for *_, user in sorted(order, reverse=True)]


def _quarter_after(now: datetime, minutes: int) -> datetime:
    seconds = (now + timedelta(minutes=minutes)).timestamp()
    return datetime.fromtimestamp(seconds // _QUARTER_S * _QUARTER_S, tz=now.tzinfo)


def _save(simulations: Sequence[Simulation]) -> None:
    """Save the rows of the simulations with their own dates."""
    Tally.objects.bulk_create(simulation.tally for simulation in simulations)
    Rating.objects.bulk_create(simulation.rating for simulation in simulations)
    Rsvp.objects.bulk_create((r for e in simulations for r in e.rsvps), batch_size=_BATCH)
    RsvpChange.objects.bulk_create((a for e in simulations for a in e.answers), batch_size=_BATCH)
    scans = sorted((c for e in simulations for c in e.check_ins), key=lambda scan: scan.at)
    CheckIn.objects.bulk_create(scans, batch_size=_BATCH)
    reviews = sorted((r for e in simulations for r in e.reviews), key=lambda r: r.created_at)
    written = [review.created_at for review in reviews]
    Review.objects.bulk_create(reviews, batch_size=_BATCH)
    for review, at in zip(reviews, written, strict=True):
        review.created_at = review.updated_at = at  # saving set them to now
    Review.objects.bulk_update(reviews, ["created_at", "updated_at"], batch_size=_BATCH)
    events = Event.objects.filter(pk__in=[simulation.event.pk for simulation in simulations])
    events.update(created_at=F("published_at"), updated_at=F("published_at"))
    CheckIn.objects.filter(event__in=events).update(recorded_at=F("at"))
    date_rsvps(events)


def date_rsvps(events: EventQuerySet) -> None:
    """Take the dates of RSVPs from their history."""
    given = RsvpChange.objects.filter(rsvp=OuterRef("pk")).order_by().values("rsvp")
    Rsvp.objects.filter(event__in=events).update(
        created_at=Subquery(given.values(first=Min("at"))),
        updated_at=Subquery(given.values(last=Max("at"))),
    )
