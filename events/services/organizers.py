"""Counts and cancellations of all upcoming events of organizers."""

from collections.abc import Mapping, Sequence

from django.db.models import Count, F, Sum
from django.utils import timezone

from accounts.models import User
from core.errors import RuleBroken
from events.models import Event, Series
from events.series.endings import cancel_series
from events.series.occurrences import to_come
from events.services.events import cancel_event

Refusals = list[tuple[Event | Series, RuleBroken]]


def upcoming_of(people: Sequence[User]) -> Mapping[int, tuple[int, int]]:
    """Return the numbers of published events that have not ended, and of people who RSVPed.

    The keys are the IDs of the organizers. Guests are included. One query.
    """
    events = Event.objects.published().not_over(timezone.now()).filter(created_by__in=people)
    attendees = F("tally__going") + F("tally__waiting") + F("tally__interested")
    rows = events.order_by().values("created_by").annotate(dates=Count("pk"), people=Sum(attendees))
    return {row["created_by"]: (row["dates"], row["people"]) for row in rows}


def cancel_upcoming(*, organizer: User, reason: str = "") -> Refusals:
    """Cancel all published events of an organizer that have not started; return the refusals.

    A series is cancelled as a whole, so that attendees get one notification. Each event or series
    has its own transaction.
    """
    refused: Refusals = []
    published = {"created_by": organizer, "status": Event.Status.PUBLISHED}
    for series in list(Series.objects.alive().filter(**published).order_by("pk")):
        try:
            if to_come(series).exists():
                cancel_series(series_id=series.pk, reason=reason)
        except RuleBroken as refusal:
            refused.append((series, refusal))
    rest = Event.objects.alive().to_come(timezone.now()).filter(**published)
    for event in list(rest.order_by("pk")):
        try:
            cancel_event(event_id=event.pk, reason=reason)
        except RuleBroken as refusal:
            refused.append((event, refusal))
    return refused
