"""A world that is small enough to count by hand."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

from accounts.models import User
from analytics.periods import Period
from events.models import Event
from events.services.ratings import change_rating
from reviews.models import Review
from rsvp.models import RsvpChange
from rsvp.services import join_event, leave_event, mark_interested
from tests.factories import CategoryFactory, EventFactory, end, people
from tests.rsvp.check_in_helpers import let_in, open_event

ALWAYS = Period(ZoneInfo("UTC"))


@dataclass
class World:
    jazz: Event
    chess: Event


def world(olive: User, ada: User, sam: User) -> World:
    """Olive's two public events, and some whose numbers she does not see.

    Jazz is over, with four seats: Ada's party of two and another came, one who was seated from
    the line did not, Sam has cancelled, one was interested; two reviews are shown. To Chess,
    which is to come and has no limit, Ada goes.
    """
    jazz = open_event(
        created_by=olive, max_attendees=4, title="Jazz", category=CategoryFactory.create()
    )
    came, waits, curious = people(3)
    join_event(event_id=jazz.pk, attendee=ada, guests=1)
    join_event(event_id=jazz.pk, attendee=sam)
    join_event(event_id=jazz.pk, attendee=came)
    join_event(event_id=jazz.pk, attendee=waits)
    mark_interested(event_id=jazz.pk, attendee=curious)
    leave_event(event_id=jazz.pk, attendee=sam)
    let_in(jazz, ada, olive)
    let_in(jazz, came, olive)
    end(jazz)
    reviewed(jazz, ada, 5)
    reviewed(jazz, came, 4)
    hidden = Review.objects.create(event=jazz, author=waits, rating=1)
    Review.objects.filter(pk=hidden.pk).update(hidden_at=timezone.now())

    chess = EventFactory.create(created_by=olive, title="Chess")
    join_event(event_id=chess.pk, attendee=ada)

    EventFactory.create(created_by=olive, status=Event.Status.DRAFT)
    deleted = EventFactory.create(created_by=olive)
    join_event(event_id=deleted.pk, attendee=ada)
    Event.objects.filter(pk=deleted.pk).update(deleted_at=timezone.now())
    join_event(event_id=EventFactory.create().pk, attendee=ada)
    return World(jazz=jazz, chess=chess)


def reviewed(event: Event, author: User, rating: int) -> None:
    Review.objects.create(event=event, author=author, rating=rating)
    change_rating(event_id=event.pk, reviews=1, stars=rating)


def answered(event: Event, person: User, at: datetime, *, guests: int = 0) -> None:
    """Create an RSVP of `going` at this time."""
    rsvp, _ = join_event(event_id=event.pk, attendee=person, guests=guests)
    RsvpChange.objects.filter(rsvp=rsvp).update(at=at)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
