"""Parties that wait for more tickets of a type than it has after a change: notified once."""

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from events.models import Event, TicketType
from events.services.events import cancel_event, update_event
from events.services.ticket_types import change_ticket_type
from notifications.models import Notification
from notifications.rendering import short_text
from notifications.tasks import relay
from rsvp.services import leave_event
from tests.factories import EventFactory, begin, people
from tests.invariants import check_invariants
from tests.rsvp.ticketed import buy, offer, parties

pytestmark = [pytest.mark.both, pytest.mark.django_db]

PARTY = 5
FITS, TOO_FEW = 6, 3


def resize(vip: TicketType, quantity: int | None) -> None:
    change_ticket_type(event_id=vip.event_id, type_id=vip.pk, changes={"quantity": quantity})


def messages_to(user: User) -> list[Notification]:
    """Return the messages about too few tickets of a type."""
    rows = Notification.objects.filter(user=user, kind="waitlisted").order_by("id")
    return [row for row in rows if "only_tickets" in row.context]


@pytest.fixture
def event(olive: User) -> Event:
    return EventFactory.create(created_by=olive)


@pytest.fixture
def vip(event: Event, ada: User) -> TicketType:
    """Three of six tickets are taken; Ada's party of five waits."""
    vip = offer(event, FITS, name="VIP")
    for person in people(3):
        buy(event, person, {vip.pk: 1})
    buy(event, ada, {vip.pk: PARTY})
    return vip


class TestMessages:
    def test_party_that_can_never_be_seated_is_notified(self, vip: TicketType, ada: User) -> None:
        resize(vip, TOO_FEW)
        [message] = messages_to(ada)
        assert short_text(message).endswith(
            "now has 3 tickets of the type VIP in all, and your party wants more of them. Choose "
            "fewer, or other tickets."
        )

    @pytest.mark.parametrize(
        ("quantities", "number"),
        [
            ([TOO_FEW, 4, TOO_FEW], 1),
            ([TOO_FEW, FITS, TOO_FEW], 2),
            ([PARTY, 9, None], 0),
        ],
        ids=["once", "again after it fitted", "fits"],
    )
    def test_number_of_messages(
        self, vip: TicketType, ada: User, quantities: list[int | None], number: int
    ) -> None:
        for quantity in quantities:
            resize(vip, quantity)
        assert len(messages_to(ada)) == number

    def test_party_that_waits_for_fewer_or_for_other_types_is_not_notified(
        self, event: Event, vip: TicketType
    ) -> None:
        other = offer(event, 1, name="Regular")
        first, few, others = people(3)
        buy(event, first, {other.pk: 1})
        buy(event, few, {vip.pk: TOO_FEW})
        buy(event, others, {other.pk: 1})
        resize(vip, TOO_FEW)
        assert [messages_to(few), messages_to(others)] == [[], []]

    def test_party_that_is_too_large_for_the_event_is_not_notified_again(
        self, event: Event, vip: TicketType, ada: User
    ) -> None:
        update_event(event_id=event.pk, changes={"max_attendees": 4})
        resize(vip, TOO_FEW)
        assert messages_to(ada) == []

    def test_started_event_notifies_nobody(self, event: Event, vip: TicketType, ada: User) -> None:
        begin(event)
        resize(vip, TOO_FEW)
        assert messages_to(ada) == []

    def test_messages_cost_the_same_for_any_crowd(self, db: None) -> None:
        assert statements_to_tell(1) == statements_to_tell(3)


def statements_to_tell(number: int) -> int:
    event = EventFactory.create()
    vip = offer(event, FITS, name="VIP")
    holder, *waiting = people(1 + number)
    buy(event, holder, {vip.pk: 3})
    for person in waiting:
        buy(event, person, {vip.pk: PARTY})
    with CaptureQueriesContext(connection) as captured:
        resize(vip, TOO_FEW)
    assert [len(messages_to(person)) for person in waiting] == [1] * number
    return len(captured)


def test_parties_behind_are_promoted(event: Event, vip: TicketType, sam: User) -> None:
    """They waited behind a party that wanted more than was free, and now never gets it."""
    buy(event, sam, {vip.pk: 1})
    assert sam.pk in parties(event, "waitlisted")
    resize(vip, 4)
    assert parties(event, "going")[sam.pk] == {vip.pk: 1}
    check_invariants()


class TestMail:
    def sent(self) -> list[EmailMessage]:
        relay()
        return [message for message in mail.outbox if "Too many tickets" in message.subject]

    def test_mail_names_the_options(self, event: Event, vip: TicketType) -> None:
        resize(vip, TOO_FEW)
        [message] = self.sent()
        assert f"“{event.title}” now has 3 tickets of the type VIP in all." in message.body
        assert "Choose fewer of them, or other tickets, to get a seat." in message.body

    def test_name_is_no_link(self, event: Event, ada: User, vip: TicketType) -> None:
        TicketType.objects.update(name="https://evil.example")
        resize(vip, TOO_FEW)
        [message] = self.sent()
        assert "https://evil" not in message.body

    def test_quantity_that_was_raised_again_is_not_sent(self, vip: TicketType) -> None:
        for quantity in (TOO_FEW, FITS):
            resize(vip, quantity)
        assert self.sent() == []

    def test_party_that_left_or_became_smaller_is_not_notified(
        self, event: Event, vip: TicketType, ada: User, sam: User
    ) -> None:
        buy(event, sam, {vip.pk: PARTY})
        resize(vip, TOO_FEW)
        leave_event(event_id=event.pk, attendee=ada)
        buy(event, sam, {vip.pk: 1})
        assert self.sent() == []

    def test_cancelled_event_sends_nothing_about_its_tickets(
        self, event: Event, vip: TicketType
    ) -> None:
        resize(vip, TOO_FEW)
        cancel_event(event_id=event.pk)
        assert self.sent() == []
