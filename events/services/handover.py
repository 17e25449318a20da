"""Transfer of events to another owner, by an admin.

Past events stay with the person who organized them, because attendees gave their names to that
person. RSVPs, links and calendar entries do not change.
"""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from core.errors import JustChanged, RuleBroken
from events.exceptions import EventEnded, OrganizerRequired, OwnerHasImport
from events.models import Event, EventQuerySet, Helper, Series
from events.series.occurrences import lock_series
from events.services.events import get_event
from events.services.tallies import lock_tallies
from events.signals import events_handed_over


@transaction.atomic
def hand_over(*, event_id: int, new_owner: User) -> list[Event]:
    """Transfer an event, or its series with all occurrences that are not over, to a new owner.

    Return the transferred events, soonest first, to call `notify_new_owner` with. Raises
    EventNotFound, EventEnded, JustChanged, OrganizerRequired if the person cannot organize
    events, and OwnerHasImport.
    """
    series = get_event(event_id).series
    if series is not None and series.deleted_at is not None:
        series = None  # its occurrences are single events now
    if series is None:
        rows = Event.objects.filter(pk=event_id)
    else:
        lock_series(series.pk)
        if get_event(event_id).series_id != series.pk:  # the series was split before the lock
            raise JustChanged
        rows = Event.objects.filter(series=series)
    tallies = lock_tallies(_not_over(rows).values_list("pk", flat=True))
    events = list(_not_over(rows).filter(pk__in=tallies).order_by("start_time", "pk"))
    if not events:
        raise EventEnded
    _check_new_owner(new_owner, events)
    moved = [event for event in events if event.created_by_id != new_owner.pk]
    now = timezone.now()
    ids = [event.pk for event in moved]
    Event.objects.filter(pk__in=ids).update(created_by=new_owner, updated_at=now)
    if moved and series is not None:
        Series.objects.filter(pk=series.pk).update(created_by=new_owner, updated_at=now)
    # The owner needs no helper access.
    Helper.objects.filter(event__in=ids, user=new_owner).delete()
    for event in moved:
        event.created_by = new_owner
    return moved


@transaction.atomic
def notify_new_owner(*, events: Sequence[Event], new_owner: User) -> None:
    """Send the new owner one notification about all the events."""
    if events:
        in_order = sorted(events, key=lambda event: (event.start_time, event.pk))
        events_handed_over.send(sender=Event, events=in_order, new_owner=new_owner)


def hand_over_all(*, owner: User, new_owner: User) -> tuple[int, list[tuple[Event, RuleBroken]]]:
    """Transfer all events that are not over; return their number and the refusals.

    Each event or series has its own transaction, so that locks are held briefly.
    """
    handed_over: list[Event] = []
    refused: list[tuple[Event, RuleBroken]] = []
    done: set[int] = set()
    for event in list(_not_over(Event.objects.filter(created_by=owner)).order_by("pk")):
        if event.series_id in done:
            continue
        if event.series_id is not None:
            done.add(event.series_id)
        try:
            handed_over += hand_over(event_id=event.pk, new_owner=new_owner)
        except RuleBroken as refusal:
            refused.append((event, refusal))
    notify_new_owner(events=handed_over, new_owner=new_owner)
    return len(handed_over), refused


def _not_over(events: EventQuerySet) -> EventQuerySet:
    """Return the events for which `Event.is_past` is False."""
    is_draft = Q(status=Event.Status.DRAFT)
    is_postponed = Q(external_status=Event.POSTPONED)
    return events.alive().filter(Q(end_time__gt=timezone.now()) | is_draft | is_postponed)


def _check_new_owner(person: User, events: Sequence[Event]) -> None:
    """Lock the person after the tallies, so that a concurrent deactivation waits."""
    locked = User.objects.locked(person.pk)
    if locked is None or not locked.may_organize:
        raise OrganizerRequired(
            "This person is not an active organizer. Grant them the organizer role first."
        )
    for event in events:
        if event.external_provider and event.created_by_id != person.pk:
            same = Event.objects.alive().filter(
                external_provider=event.external_provider,
                external_event_id=event.external_event_id,
                created_by=person,
            )
            if same.exists():
                raise OwnerHasImport
