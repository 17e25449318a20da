"""Quotas on the events that an organizer creates in a day, and has at a time.

Each date of a series counts. Admins, events without an owner and standing
imports are not counted. `RATE_LIMITS=off` lifts both quotas.
"""

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from core import ratelimit
from core.errors import BadValue, TooManyTries
from events.exceptions import TooManyDates, TooManyOpenEvents
from events.models import Event

_DAY_S = 24 * 3600
_PUBLICATIONS_AGAIN = 5  # of one event or series in a day


def count_dates(owner: User | None, number: int) -> None:
    """Count new dates, before they are written.

    The first statement locks the owner's count until the transaction ends, which makes the second
    one exact for simultaneous requests. Take this lock after those of series and tallies.

    Raises TooManyDates, TooManyOpenEvents, and BadValue (`too_many_occurrences`)
    if the series has more dates than the quota of one day.
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


def count_publication_again(owner: User | None, *, key: str, number: int) -> None:
    """Count that the cancellation of an event, or of so many dates of a series, is taken back.

    Raises TooManyOpenEvents, and TooManyTries because an event that is cancelled and published in
    turns sends messages to the same people each time.
    """
    if not settings.RATE_LIMITS:
        return
    if not has_room_for(owner, number):
        raise TooManyOpenEvents
    ratelimit.spend(f"published-again:{key}", limit=_PUBLICATIONS_AGAIN, window_s=_DAY_S)


def has_room_for(owner: User | None, number: int) -> bool:
    """Return whether the owner has room for more events that have not started."""
    if not settings.RATE_LIMITS or owner is None or _is_admin(owner):
        return True
    open_events = Event.objects.alive().to_come(timezone.now()).filter(created_by=owner)
    taken = open_events.exclude(status=Event.Status.CANCELLED).order_by().count()
    return bool(taken + number <= settings.OPEN_EVENTS_PER_ORGANIZER)


def _is_admin(owner: User) -> bool:
    return owner.may("add", Event)
