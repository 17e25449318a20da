"""Opening time of reviews, and reviews by walk-ins."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from time_machine import Traveller, travel

from accounts.models import User
from events.models import Event
from events.services.events import update_event
from notifications.models import Notification
from reviews.exceptions import EventNotOver, NotAttended
from reviews.requests import ask_for_reviews
from reviews.services import submit_review
from rsvp.check_in import Scan, admit_walk_in, check_in, confirm_walk_in, undo_check_in
from rsvp.models import Rsvp
from rsvp.services import join_event
from tests.client import Api, refusal
from tests.factories import EventFactory, UserFactory

EIGHT = datetime(2027, 6, 4, 20, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[Traveller]:
    with travel(EIGHT - timedelta(days=1), tick=False) as clock:
        yield clock


@pytest.fixture
def event(clock: Traveller, olive: User, ada: User) -> Event:
    """Create an event from eight to eleven, with a seat for Ada."""
    event = EventFactory.create(
        created_by=olive, start_time=EIGHT, end_time=EIGHT + timedelta(hours=3)
    )
    join_event(event_id=event.pk, attendee=ada)
    return event


def at(clock: Traveller, hour: int, minute: int = 0) -> datetime:
    moment = EIGHT.replace(hour=hour, minute=minute)
    clock.move_to(moment)
    return moment


def review(event: Event, author: User) -> None:
    submit_review(event_id=event.pk, author=author, rating=5)


class TestEndPulledIn:
    @pytest.fixture(autouse=True)
    def _ends_at_nine(self, clock: Traveller, event: Event) -> None:
        """At five to nine the organizer ends the event at nine, and asks friends for stars."""
        at(clock, 20, 55)
        update_event(event_id=event.pk, changes={"end_time": EIGHT.replace(hour=21)})

    def test_reviews_open_an_hour_after_the_edit(
        self, clock: Traveller, event: Event, ada: User
    ) -> None:
        """Formerly they opened five minutes after it."""
        at(clock, 21, 54)
        with pytest.raises(EventNotOver):
            review(event, ada)
        at(clock, 21, 55)
        review(event, ada)

    def test_refusal_has_the_opening_time(self, clock: Traveller, event: Event, ada: User) -> None:
        at(clock, 21, 10)
        problem = Api(ada).post(f"/events/{event.pk}/reviews/", {"rating": 5}, expect=409)
        assert refusal(problem) == ("event_not_over", "wait_for_end")
        assert problem["opens_at"] == "2027-06-04T21:55:00Z"

    def test_no_request_is_sent_before_the_opening(
        self, clock: Traveller, event: Event, ada: User, settings: Any
    ) -> None:
        settings.REVIEW_REQUEST_AFTER_MINUTES = 5
        at(clock, 21, 54)
        assert ask_for_reviews() == 0
        at(clock, 21, 55)
        assert ask_for_reviews() == 1


def test_edit_long_before_the_end_changes_nothing(
    clock: Traveller, event: Event, ada: User
) -> None:
    at(clock, 20, 1)
    update_event(event_id=event.pk, changes={"end_time": EIGHT.replace(hour=22)})
    at(clock, 22)
    review(event, ada)


class TestWalkIns:
    def let_in(self, clock: Traveller, event: Event, person: User, olive: User) -> Rsvp:
        at(clock, 20, 30)
        return admit_walk_in(event_id=event.pk, attendee=person, by=olive)

    def test_unconfirmed_walk_in_may_not_review(
        self, clock: Traveller, event: Event, olive: User, sam: User
    ) -> None:
        self.let_in(clock, event, sam, olive)
        at(clock, 23)
        with pytest.raises(NotAttended):
            review(event, sam)
        confirm_walk_in(event_id=event.pk, attendee=sam)
        review(event, sam)

    def test_unconfirmed_walk_in_gets_no_request(
        self, clock: Traveller, event: Event, olive: User, ada: User, sam: User
    ) -> None:
        check = Scan(user_id=ada.pk)
        at(clock, 20)
        check_in(event_id=event.pk, scan=check, by=olive)
        self.let_in(clock, event, sam, olive)
        clock.move_to(EIGHT + timedelta(hours=5))
        assert ask_for_reviews() == 1
        requests = Notification.objects.filter(kind="review_request")
        assert [request.user for request in requests] == [ada]

    def test_unconfirmed_walk_in_leaves_reviews_open_to_others(
        self, clock: Traveller, event: Event, olive: User, ada: User, sam: User
    ) -> None:
        """One walk-in made check-in count as used, and nobody else could review."""
        self.let_in(clock, event, sam, olive)
        at(clock, 23)
        review(event, ada)

    def test_confirmed_counts_as_check_in(
        self, clock: Traveller, event: Event, olive: User, ada: User, sam: User
    ) -> None:
        self.let_in(clock, event, sam, olive)
        confirm_walk_in(event_id=event.pk, attendee=sam)
        at(clock, 23)
        with pytest.raises(NotAttended):
            review(event, ada)

    def test_account_made_after_the_start_may_not_review(
        self, clock: Traveller, event: Event, olive: User
    ) -> None:
        """Organizers made accounts during the event, let them in, and gave themselves stars."""
        at(clock, 20, 1)
        made_up = UserFactory.create()
        self.let_in(clock, event, made_up, olive)
        confirm_walk_in(event_id=event.pk, attendee=made_up)
        at(clock, 23)
        with pytest.raises(NotAttended):
            review(event, made_up)

    def test_account_made_before_the_start_may(
        self, clock: Traveller, event: Event, olive: User
    ) -> None:
        at(clock, 19, 59)
        new = UserFactory.create()
        self.let_in(clock, event, new, olive)
        confirm_walk_in(event_id=event.pk, attendee=new)
        at(clock, 23)
        review(event, new)

    def test_undone_walk_in_may_not_review(
        self, clock: Traveller, event: Event, olive: User, sam: User
    ) -> None:
        self.let_in(clock, event, sam, olive)
        confirm_walk_in(event_id=event.pk, attendee=sam)
        undo_check_in(event_id=event.pk, scan=Scan(user_id=sam.pk), by=olive)
        at(clock, 23)
        with pytest.raises(NotAttended):
            review(event, sam)
