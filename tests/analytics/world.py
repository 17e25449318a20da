"""A few events and people that can be counted by hand."""

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


def build_world(olive: User, ada: User, sam: User) -> World:
    """Create two public events of Olive, and events that her numbers leave out.

    Jazz is over and had four seats. Ada's party of two and one more person came. One person, who
    got a seat from the waitlist, did not come. Sam cancelled, one person was interested, and two
    reviews are visible. Chess is in the future and has no limit; Ada is going.
    """
    jazz = open_event(
        created_by=olive, max_attendees=4, title="Jazz", category=CategoryFactory.create()
    )
    present, absent, curious = people(3)
    join_event(event_id=jazz.pk, attendee=ada, guests=1)
    join_event(event_id=jazz.pk, attendee=sam)
    join_event(event_id=jazz.pk, attendee=present)
    join_event(event_id=jazz.pk, attendee=absent)
    mark_interested(event_id=jazz.pk, attendee=curious)
    leave_event(event_id=jazz.pk, attendee=sam)
    let_in(jazz, ada, olive)
    let_in(jazz, present, olive)
    end(jazz)
    create_review(jazz, ada, 5)
    create_review(jazz, present, 4)
    hidden = Review.objects.create(event=jazz, author=absent, rating=1)
    Review.objects.filter(pk=hidden.pk).update(hidden_at=timezone.now())

    chess = EventFactory.create(created_by=olive, title="Chess")
    join_event(event_id=chess.pk, attendee=ada)

    EventFactory.create(created_by=olive, status=Event.Status.DRAFT)
    deleted = EventFactory.create(created_by=olive)
    join_event(event_id=deleted.pk, attendee=ada)
    Event.objects.filter(pk=deleted.pk).update(deleted_at=timezone.now())
    join_event(event_id=EventFactory.create().pk, attendee=ada)
    return World(jazz=jazz, chess=chess)


def create_review(event: Event, author: User, rating: int) -> None:
    Review.objects.create(event=event, author=author, rating=rating)
    change_rating(event_id=event.pk, reviews=1, stars=rating)


def create_rsvp(event: Event, person: User, at: datetime, *, guests: int = 0) -> None:
    """Create an RSVP of `going` at this time."""
    rsvp, _ = join_event(event_id=event.pk, attendee=person, guests=guests)
    RsvpChange.objects.filter(rsvp=rsvp).update(at=at)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
