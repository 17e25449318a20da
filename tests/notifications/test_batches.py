"""Several mails over one connection, against a real mail server that fails in between."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from time_machine import travel

from notifications.channels import email
from notifications.kinds import Channel
from notifications.models import Delivery
from notifications.relay import claims, planning, sending
from notifications.services import notify
from notifications.tasks import deliver as deliver_task
from tests.factories import people
from tests.mailbox import Mailbox
from tests.notifications.kinds import Kind
from tests.notifications.notices import notice

pytestmark = pytest.mark.both

LONG_S = 60


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[Mailbox]:
    mailbox = Mailbox()
    mailbox.receive_mail_of(settings)
    settings.EMAIL_TIMEOUT = 2
    yield mailbox
    mailbox.stop()


@pytest.fixture
def handed_out(db: None) -> list[int]:
    """Return three deliveries that a worker has."""
    return hand_out(3)


def hand_out(number: int) -> list[int]:
    notify([notice(person, Kind.WAITLISTED) for person in people(number)])
    planning.plan_all()
    return [each.delivery_id for each in claims.claim_next(Channel.EMAIL)]


def states() -> list[tuple[str, int]]:
    return list(Delivery.objects.order_by("id").values_list("status", "attempts"))


def addresses(delivery_ids: list[int]) -> list[str]:
    rows = Delivery.objects.in_bulk(delivery_ids)
    return [rows[pk].address for pk in delivery_ids]


def received(mailbox: Mailbox) -> list[str]:
    return [str(message["To"]) for message in mailbox.messages]


def send_later(delivery_ids: list[int]) -> None:
    """Send what is left after the pause and after all claims."""
    with travel(timezone.now() + timedelta(seconds=claims.CLAIM_S + 30)):
        sending.deliver(*delivery_ids, longest_s=LONG_S)


def test_mails_of_a_batch_share_a_connection(mailbox: Mailbox, handed_out: list[int]) -> None:
    assert sending.deliver(*handed_out, longest_s=LONG_S) == Channel.EMAIL
    assert (received(mailbox), mailbox.connections) == (addresses(handed_out), 1)
    assert states() == [("sent", 1)] * 3


def test_unknown_address_stops_no_other(mailbox: Mailbox, handed_out: list[int]) -> None:
    first, unknown, last = addresses(handed_out)
    mailbox.unknown = {unknown}
    sending.deliver(*handed_out, longest_s=LONG_S)
    assert (received(mailbox), mailbox.connections) == ([first, last], 1)
    assert [Delivery.objects.get(pk=pk).status for pk in handed_out] == ["sent", "failed", "sent"]


def test_address_that_cannot_be_one_stops_no_other(
    mailbox: Mailbox, handed_out: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mail is never made: an error of our own code stops no other either."""
    make, broken = email.mail, Delivery.objects.get(pk=handed_out[0]).notification_id

    def fail(notification: Any, address: str) -> Any:
        if notification.pk == broken:
            raise KeyError("title")
        return make(notification, address)

    monkeypatch.setattr(email, "mail", fail)
    sending.deliver(*handed_out, longest_s=LONG_S)
    assert received(mailbox) == addresses(handed_out)[1:]
    assert sorted(states()) == [("pending", 1), ("sent", 1), ("sent", 1)]


def test_connection_that_dies_loses_nothing_and_doubles_nothing(
    mailbox: Mailbox, handed_out: list[int]
) -> None:
    mailbox.cut_at = 1
    sending.deliver(*handed_out, longest_s=LONG_S)
    first, cut, last = addresses(handed_out)
    assert (received(mailbox), mailbox.connections) == ([first, last], 2)
    send_later(handed_out)
    assert received(mailbox) == [first, last, cut]
    assert sorted(states()) == [("sent", 1), ("sent", 1), ("sent", 2)]


@pytest.mark.parametrize("most", [1, 2])
def test_server_that_takes_few_mails_over_a_connection_gets_more_connections(
    mailbox: Mailbox, handed_out: list[int], most: int
) -> None:
    mailbox.most_per_connection = most
    sending.deliver(*handed_out, longest_s=LONG_S)
    assert received(mailbox) == addresses(handed_out)
    assert (states(), mailbox.connections) == ([("sent", 1)] * 3, 3 if most == 1 else 2)


def test_failed_login_sends_nothing_without_one(
    mailbox: Mailbox, handed_out: list[int], settings: Settings
) -> None:
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "events", "secret"
    mailbox.refuse_logins = True
    sending.deliver(*handed_out, longest_s=LONG_S)
    assert (received(mailbox), states()) == ([], [("pending", 1)] * 3)
    mailbox.refuse_logins = False
    send_later(handed_out)
    assert states() == [("sent", 2)] * 3


def test_slow_server_keeps_no_delivery_from_other_processes(
    mailbox: Mailbox, handed_out: list[int]
) -> None:
    sending.deliver(*handed_out, longest_s=0)
    assert received(mailbox) == addresses(handed_out)[:1]
    left = Delivery.objects.filter(pk__in=handed_out[1:])
    assert set(left.values_list("status", "attempts", "is_claimed")) == {("pending", 0, False)}
    assert [each.delivery_id for each in claims.claim_next(Channel.EMAIL)] == handed_out[1:]


class Killed(BaseException):
    """Stops a process where no code of ours runs, as `kill -9` does."""


@pytest.mark.parametrize("when", ["before", "after"])
def test_process_that_is_killed_loses_nothing_and_repeats_one_at_most(
    mailbox: Mailbox, handed_out: list[int], when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, sent = email._send_over, []

    def die(connection: Any, message: Any) -> int:
        sent.append(message)
        if len(sent) == 2 and when == "before":
            raise Killed
        number = send(connection, message)
        if len(sent) == 2:
            raise Killed
        return number

    monkeypatch.setattr(email, "_send_over", die)
    with pytest.raises(Killed):
        sending.deliver(*handed_out, longest_s=LONG_S)
    rows = Delivery.objects.in_bulk(handed_out)
    assert [(rows[pk].status, rows[pk].attempts) for pk in handed_out] == [
        ("sent", 1), ("sending", 1), ("pending", 0),
    ]  # fmt: skip
    send_later(handed_out)
    first, second, third = addresses(handed_out)
    again = [second] if when == "after" else []
    assert received(mailbox) == [first, *again, second, third]
    assert len({message["Message-ID"] for message in mailbox.messages}) == 3


def test_delivery_that_somebody_else_sent_meanwhile_is_left_alone(
    mailbox: Mailbox, handed_out: list[int]
) -> None:
    read, others = sending._read, handed_out[1]

    def read_and_be_late(delivery_ids: Any) -> list[Delivery]:
        deliveries = read(delivery_ids)
        sending._read = read
        sending.deliver(others)
        return deliveries

    sending._read = read_and_be_late
    try:
        sending.deliver(*handed_out, longest_s=LONG_S)
    finally:
        sending._read = read
    assert sorted(received(mailbox)) == sorted(addresses(handed_out))
    assert states() == [("sent", 1)] * 3


def test_task_of_a_former_version_is_done(mailbox: Mailbox, handed_out: list[int]) -> None:
    """It has one ID instead of a list."""
    deliver_task(handed_out[0])
    deliver_task(handed_out[1:])
    assert states() == [("sent", 1)] * 3


@pytest.mark.parametrize(("number", "statements"), [(1, 5), (3, 9)])
def test_batch_costs_two_statements_for_each_mail(
    mailbox: Mailbox,
    number: int,
    statements: int,
    django_assert_num_queries: Callable[[int], Any],
    db: None,
) -> None:
    handed_out = hand_out(number)
    # The deliveries, preferences, verified; for each: claim, sent.
    with django_assert_num_queries(statements):
        sending.deliver(*handed_out, longest_s=LONG_S)
