"""Parties on the waitlist that no longer fit a lowered limit: notified once, not counted."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from time_machine import travel

from accounts.models import User
from events.models import Event
from events.series.changes import update_series
from events.services.events import cancel_event, update_event
from notifications.models import Delivery, Notification
from notifications.rendering import short_text
from notifications.tasks import relay
from rsvp.models import Rsvp
from rsvp.selectors import rsvp_of
from rsvp.services import join_event, join_series, leave_event
from tests.client import Api
from tests.factories import EventFactory, begin, fill, people
from tests.notifications.kinds import Kind
from tests.rsvp.dates import series_with

pytestmark = pytest.mark.both

GUESTS = 4  # a party of five
FITS, TOO_LOW = 6, 3


def resize(event: Event, limit: int) -> None:
    update_event(event_id=event.pk, changes={"max_attendees": limit})


def limit_messages(user: User) -> list[Notification]:
    """Return the messages about a limit that is too low for the party."""
    rows = Notification.objects.filter(user=user, kind=Kind.WAITLISTED).order_by("id")
    return [row for row in rows if "only_seats" in row.context]


@pytest.fixture
def crowded(olive: User, ada: User) -> Event:
    """Three of six seats are taken; Ada's party of five waits."""
    event = EventFactory.create(created_by=olive, max_attendees=FITS)
    fill(event, 3)
    join_event(event_id=event.pk, attendee=ada, guests=GUESTS)
    return event


@pytest.fixture
def behind(crowded: Event, sam: User) -> User:
    """Return Sam, who waits behind Ada."""
    join_event(event_id=crowded.pk, attendee=sam)
    return sam


class TestMessages:
    def test_party_that_no_longer_fits_is_notified(self, crowded: Event, ada: User) -> None:
        resize(crowded, TOO_LOW)
        [notification] = limit_messages(ada)
        text = short_text(notification)
        assert text.startswith(f'Your party of 5 is too large for "{crowded.title}"')
        assert text.endswith("which now has 3 seats. Bring fewer guests.")

    def test_party_is_notified_once(self, crowded: Event, ada: User) -> None:
        for limit in (TOO_LOW, 4, TOO_LOW):
            resize(crowded, limit)
        assert len(limit_messages(ada)) == 1

    def test_party_is_notified_again_after_it_fitted(self, crowded: Event, ada: User) -> None:
        for limit in (TOO_LOW, FITS, TOO_LOW):
            resize(crowded, limit)
        assert len(limit_messages(ada)) == 2

    def test_party_that_fits_is_not_notified(self, crowded: Event, behind: User) -> None:
        resize(crowded, TOO_LOW)
        assert limit_messages(behind) == []

    def test_limit_that_leaves_room_notifies_nobody(self, crowded: Event, ada: User) -> None:
        for limit in (5, 9):
            resize(crowded, limit)
        assert limit_messages(ada) == []

    def test_started_event_notifies_nobody(self, crowded: Event, ada: User) -> None:
        """The waitlist is closed, and nobody would get a seat anyway."""
        begin(crowded)
        resize(crowded, TOO_LOW)
        assert limit_messages(ada) == []

    def test_dates_of_a_series_are_one_message(self, olive: User, ada: User) -> None:
        series, dates = series_with(olive, FITS, FITS, FITS)
        for date in dates:
            fill(date, 3)
        join_series(series_id=series.pk, attendee=ada, guests=GUESTS)
        update_series(series_id=series.pk, changes={"max_attendees": TOO_LOW})
        [notification] = limit_messages(ada)
        assert (notification.event_id, notification.context["more"]) == (dates[0].pk, 2)

    def test_messages_cost_the_same_for_any_crowd(self, db: None) -> None:
        assert statements_to_tell(1) == statements_to_tell(3)


def statements_to_tell(parties: int) -> int:
    event = EventFactory.create(max_attendees=FITS)
    fill(event, 3)
    for person in people(parties):
        join_event(event_id=event.pk, attendee=person, guests=GUESTS)
    with CaptureQueriesContext(connection) as captured:
        resize(event, TOO_LOW)
    about_this = Notification.objects.filter(event_id=event.pk, context__has_key="only_seats")
    assert about_this.count() == parties
    return len(captured)


class TestMail:
    def sent(self) -> list[EmailMessage]:
        relay()
        return [message for message in mail.outbox if "too large" in message.subject]

    def test_mail_names_the_options(self, crowded: Event) -> None:
        resize(crowded, TOO_LOW)
        [message] = self.sent()
        assert message.subject.startswith(f"Your party is too large now: {crowded.title}")
        assert f"“{crowded.title}” now has 3 seats. Your party of 5" in message.body
        assert "Bring fewer guests to get a seat." in message.body

    def test_limit_that_was_raised_again_is_not_notified(self, crowded: Event) -> None:
        """The organizer corrected a mistake before the mail was sent."""
        for limit in (TOO_LOW, FITS):
            resize(crowded, limit)
        assert self.sent() == []

    def test_party_that_left_is_not_notified(self, crowded: Event, ada: User) -> None:
        resize(crowded, TOO_LOW)
        leave_event(event_id=crowded.pk, attendee=ada)
        assert self.sent() == []

    def test_cancelled_event_sends_nothing_about_its_limit(self, crowded: Event) -> None:
        resize(crowded, TOO_LOW)
        cancel_event(event_id=crowded.pk)
        assert self.sent() == []

    def test_delayed_message_is_sent_while_it_is_true(self, crowded: Event) -> None:
        resize(crowded, TOO_LOW)
        with travel(timezone.now() + timedelta(hours=1)):
            assert len(self.sent()) == 1
        assert not Delivery.objects.exclude(status="sent").exists()


class TestPosition:
    @pytest.fixture(autouse=True)
    def _lowered(self, crowded: Event, behind: User) -> None:
        fill(crowded, 1)
        resize(crowded, TOO_LOW)

    def test_party_that_does_not_fit_has_none(self, crowded: Event, as_ada: Api) -> None:
        mine = as_ada.get(f"/events/{crowded.pk}/rsvp/")
        assert (mine["status"], mine["waitlist_position"]) == ("waitlisted", None)
        assert as_ada.get(f"/events/{crowded.pk}/")["my_rsvp"]["waitlist_position"] is None

    def test_parties_behind_do_not_count_it(self, crowded: Event, behind: User) -> None:
        assert rsvp_of(user=behind, event=crowded).waitlist_position == 1

    def test_repeated_rsvp_shows_the_same(self, crowded: Event, as_ada: Api) -> None:
        again = as_ada.post(f"/events/{crowded.pk}/rsvp/", {"status": "going"}, expect=200)
        assert (again["status"], again["waitlist_position"]) == ("waitlisted", None)

    def test_organizer_sees_the_same(self, crowded: Event, as_olive: Api) -> None:
        rows = as_olive.get(f"/events/{crowded.pk}/attendees/?status=waitlisted")["results"]
        assert [row["waitlist_position"] for row in rows] == [None, 1, 2]

    def test_position_comes_back_when_the_limit_rises(self, crowded: Event, ada: User) -> None:
        resize(crowded, 5)
        positions = Rsvp.objects.waiting().filter(event=crowded).with_position()
        assert [rsvp.waitlist_position for rsvp in positions] == [1, 2, 3]
