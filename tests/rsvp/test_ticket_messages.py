"""Messages name the tickets of a party, and leaving gives them back."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from time_machine import travel

from accounts.models import User
from accounts.services.erasure import erase
from events.models import DiscountCode, Event, TypeTally
from notifications.models import Notification
from notifications.tasks import relay
from rsvp.messages.reminders import write_due_reminders
from rsvp.models import Rsvp, RsvpTicket
from rsvp.services import leave_event
from tests.factories import EventFactory, people
from tests.invariants import check_invariants
from tests.rsvp.ticketed import buy, offer

pytestmark = [pytest.mark.both, pytest.mark.django_db]

WORDS = "2 × Regular, 1 × VIP"


@pytest.fixture
def event(olive: User) -> Event:
    return EventFactory.create(created_by=olive)


def tickets_named(kind: str) -> list[str | None]:
    contexts = Notification.objects.filter(kind=kind).order_by("id").values_list("context")
    return [context.get("tickets") for (context,) in contexts]


def join_with_both(event: Event, *attendees: User) -> None:
    vip, regular = offer(event, 1, name="VIP", position=2), offer(event, name="Regular", position=1)
    for attendee in attendees:
        buy(event, attendee, {vip.pk: 1, regular.pk: 2})


def test_mails_name_the_tickets(event: Event, ada: User, sam: User) -> None:
    join_with_both(event, ada, sam)
    leave_event(event_id=event.pk, attendee=ada)
    assert [tickets_named(kind) for kind in ("rsvp_confirmed", "waitlisted", "promoted")] == [
        [WORDS], [WORDS], [WORDS],
    ]  # fmt: skip
    relay()
    bodies = [str(message.body) for message in mail.outbox]
    assert [WORDS in body for body in bodies] == ["is cancelled" not in body for body in bodies]


def test_names_of_types_are_no_links(event: Event, ada: User) -> None:
    buy(event, ada, {offer(event, name="https://evil.example").pk: 1})
    relay()
    assert ["https://evil" in str(message.body) for message in mail.outbox] == [False]


@pytest.mark.parametrize("number", [1, 3])
def test_promotions_read_the_tickets_of_all_parties_at_once(event: Event, number: int) -> None:
    first, *waiting = people(1 + number)
    vip = offer(event, 3, name="VIP")
    buy(event, first, {vip.pk: 3})
    for person in waiting:
        buy(event, person, {vip.pk: 1})
    with CaptureQueriesContext(connection) as captured:
        leave_event(event_id=event.pk, attendee=first)
    assert tickets_named("promoted") == ["1 × VIP"] * number
    names = [query["sql"] for query in captured if 'events_tickettype"."name' in query["sql"]]
    assert len([sql for sql in names if "rsvp_rsvpticket" in sql]) == 1


def test_reminders_name_the_tickets(event: Event, ada: User) -> None:
    write_due_reminders()
    join_with_both(event, ada)
    with travel(event.start_time - timedelta(hours=1), tick=False):
        assert write_due_reminders() == 1
    assert tickets_named("reminder") == [WORDS]


def test_event_without_types_names_none(event: Event, ada: User) -> None:
    with CaptureQueriesContext(connection) as captured:
        buy(event, ada, {})
    assert tickets_named("rsvp_confirmed") == [None]
    assert [query for query in captured if 'FROM "rsvp_rsvpticket"' in query["sql"]] == []


@pytest.mark.parametrize("quantity", [1, None], ids=["sold out", "no limit"])
def test_erasure_gives_tickets_and_codes_back(
    event: Event, ada: User, sam: User, quantity: int | None
) -> None:
    vip = offer(event, quantity, name="VIP")
    code = DiscountCode.objects.create(event=event, code="FRIENDS", max_uses=2)
    for person in (ada, sam):
        buy(event, person, {vip.pk: 1}, code="friends")
    erase(user_id=ada.pk)
    assert DiscountCode.objects.get(pk=code.pk).used == 1
    assert TypeTally.objects.get().taken == 1
    assert [row.rsvp for row in RsvpTicket.objects.all()] == [Rsvp.objects.get(user=sam)]
    assert Rsvp.objects.get(user=sam).status == "going"
    check_invariants()
