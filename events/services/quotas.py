"""Quotas on new events in 24 hours, and on events that have not started.

Each occurrence of a series counts. Admins, events without an owner and standing imports are exempt.
`RATE_LIMITS=off` turns the quotas off.
"""

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from core import ratelimit
from core.errors import BadValue, TooManyTries
from events.exceptions import TooManyDates, TooManyOpenEvents
from events.models import Event

_DAY_S = 24 * 3600
_REINSTATEMENTS = 5  # of one event or series in 24 hours


def count_dates(owner: User | None, number: int) -> None:
    """Count new events or occurrences before they are written.

    The first statement locks the count of the owner until the transaction ends, so that the second
    one is exact for concurrent requests. Take this lock after those of series and tallies. Raises
    TooManyDates, TooManyOpenEvents, and BadValue (`too_many_occurrences`) for a series with more
    occurrences than the daily quota.
    """
    if number == 0 or not settings.RATE_LIMITS or owner is None or _is_admin(owner):
        return
    most = settings.EVENT_DATES_PER_DAY
    if number > most:
        raise BadValue(
            "recurrence_pattern",
            "too_many_occurrences",
            f"The rule has {number} dates. You can create {most} in 24 hours: "
            "shorten the rule with COUNT or UNTIL.",
        )
    try:
        ratelimit.spend(f"event-dates:{owner.pk}", limit=most, window_s=_DAY_S, number=number)
    except TooManyTries as error:
        raise TooManyDates(retry_after_s=error.retry_after_s) from error
    if not has_room_for(owner, number):
        raise TooManyOpenEvents


def count_reinstatement(owner: User | None, *, key: str, number: int) -> None:
    """Count that the cancellations of `number` events are reverted.

    Raises TooManyOpenEvents and TooManyTries, because an event that is cancelled and published
    again and again notifies the same people each time.
    """
    if not settings.RATE_LIMITS:
        return
    if not has_room_for(owner, number):
        raise TooManyOpenEvents
    ratelimit.spend(f"published-again:{key}", limit=_REINSTATEMENTS, window_s=_DAY_S)


def has_room_for(owner: User | None, number: int) -> bool:
    """Return whether the quota of events that have not started has room for `number` more."""
    if not settings.RATE_LIMITS or owner is None or _is_admin(owner):
        return True
    open_events = Event.objects.alive().to_come(timezone.now()).filter(created_by=owner)
    taken = open_events.exclude(status=Event.Status.CANCELLED).order_by().count()
    return bool(taken + number <= settings.OPEN_EVENTS_PER_ORGANIZER)


def _is_admin(owner: User) -> bool:
    return owner.may("add", Event)
