"""Races of relays and senders on PostgreSQL, with controls without the guard."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import monotonic, sleep

import pytest
from django.core import mail
from django.db import IntegrityError, OperationalError, connection, connections, transaction
from django.db.models import QuerySet

from events.services.events import cancel_event
from notifications.kinds import Channel
from notifications.models import Delivery, Notification
from notifications.relay import claims, planning, sending
from notifications.services import forget_person, notify
from rsvp.messages.announcements import fan_out
from rsvp.models import Announcement
from tests.concurrency.rush import (
    CONTROL_ROUNDS,
    TIMEOUT_S,
    Action,
    Rush,
    errors_other_than,
    rounds_of,
    rush_of,
)
from tests.factories import EventFactory, fill, people
from tests.notifications.notices import notice

pytestmark = [pytest.mark.real, pytest.mark.django_db(transaction=True)]

RELAYS = 8


def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QuerySet, "select_for_update", lambda queryset, **_: queryset.all())


def claim_all() -> list[int]:
    claimed: list[int] = []
    while batch := claims.claim_next(Channel.EMAIL):
        claimed += [claim.delivery_id for claim in batch]
    return claimed


class TestSimultaneousRelays:
    """Eight relays claim sixty deliveries."""

    @pytest.fixture(autouse=True)
    def _small_batches(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(planning, "BATCH", 7)
        monkeypatch.setattr(claims, "_room", lambda channel, now: (10, 10))

    def round(self, rush: Rush, number: int, *expected: type[Exception]) -> Counter[int]:
        """Return how often every delivery was claimed."""
        Notification.objects.all().delete()
        notify([notice(person, occasion=f"answer {number}") for person in self.crowd])
        rush([planning.plan_all] * RELAYS)
        assert Delivery.objects.count() == len(self.crowd)
        outcomes = rush([claim_all] * RELAYS)
        assert errors_other_than(outcomes, *expected) == []
        return Counter(pk for claimed in outcomes if isinstance(claimed, list) for pk in claimed)

    def test_every_delivery_is_claimed_once(self) -> None:
        self.crowd = people(60)
        with rush_of(RELAYS) as rush:
            for number in rounds_of(50):
                assert set(self.round(rush, number).values()) == {1}

    def test_control_claims_twice_without_the_lock(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.crowd = people(60)
        unlocked(monkeypatch)
        with rush_of(RELAYS) as rush:
            # Without the lock, they may also deadlock on the same rows.
            rounds = (self.round(rush, n, OperationalError) for n in range(CONTROL_ROUNDS))
            assert any(max(times.values(), default=0) > 1 for times in rounds)


class TestSimultaneousSenders:
    """Twenty workers received the same three deliveries."""

    def round(self, rush: Rush) -> tuple[int, ...]:
        """Return how often each delivery was sent."""
        Notification.objects.all().delete()
        mail.outbox.clear()
        notify([notice(person) for person in self.crowd])
        planning.plan_all()
        deliveries = Delivery.objects.values_list("pk", flat=True)
        outcomes = rush([partial(sending.deliver, *deliveries, longest_s=60)] * 20)
        assert errors_other_than(outcomes) == []
        return tuple(Counter(message.to[0] for message in mail.outbox).values())

    def test_delivery_is_sent_once(self) -> None:
        self.crowd = people(3)
        with rush_of(20) as rush:
            assert {self.round(rush) for _ in rounds_of(50)} == {(1, 1, 1)}

    def test_control_sends_twice_when_it_reads_the_claim_first(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def read_then_claim(delivery: Delivery) -> bool:
            if delivery.status != Delivery.Status.PENDING:
                return False
            delivery.status = Delivery.Status.SENDING
            delivery.save()
            return True

        monkeypatch.setattr(sending, "_claim", read_then_claim)
        self.crowd = people(3)
        with rush_of(20) as rush:
            assert any(max(self.round(rush)) > 1 for _ in range(CONTROL_ROUNDS))


class TestForgottenWhilePlanned:
    """A user is forgotten while the relay plans their message."""

    def outcome(self) -> object:
        [person] = people(1)
        notify([notice(person)])
        with ThreadPoolExecutor(1) as other:
            with transaction.atomic():
                planning._plan_batch()
                forgotten = other.submit(run_and_close, partial(forget_person, user_id=person.pk))
                wait_for_a_lock()
            outcome = forgotten.result(TIMEOUT_S)
        assert outcome is not None or Delivery.objects.count() == 0
        return outcome

    def test_forgotten_user_leaves_no_delivery(self) -> None:
        assert self.outcome() is None

    def test_control_leaves_a_delivery_without_the_lock(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        unlocked(monkeypatch)
        assert type(self.outcome()) is IntegrityError


def run_and_close(action: Action) -> object:
    """Return what the action raised, or None, and close the thread's connection."""
    try:
        action()
    except IntegrityError as error:
        return error
    finally:
        connections.close_all()
    return None


def wait_for_a_lock() -> None:
    """Wait until another connection waits for a lock."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    deadline = monotonic() + TIMEOUT_S
    while monotonic() < deadline:
        with connection.cursor() as cursor:
            # Otherwise a transaction sees its first snapshot again.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(f"{waiting} AND datname = current_database()")
            if cursor.fetchone()[0]:
                return
        sleep(0.01)
    raise TimeoutError


class TestSimultaneousFanOuts:
    """Eight workers notify the same attendees."""

    def round(self, rush: Rush) -> tuple[int, int]:
        event = EventFactory.create()
        crowd = len(fill(event, 12))
        cancel_event(event_id=event.pk)
        outcomes = rush([fan_out] * RELAYS)
        assert errors_other_than(outcomes) == []
        notified = Announcement.objects.get(event=event).told
        return notified - crowd, sum(outcomes) - crowd

    @pytest.fixture(autouse=True)
    def _small_batches(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("rsvp.messages.announcements.BATCH", 5)

    def test_attendees_are_notified_and_counted_once(self) -> None:
        with rush_of(RELAYS) as rush:
            assert {self.round(rush) for _ in rounds_of(50)} == {(0, 0)}

    def test_control_counts_twice_without_the_lock(self, monkeypatch: pytest.MonkeyPatch) -> None:
        unlocked(monkeypatch)
        with rush_of(RELAYS) as rush:
            assert any(self.round(rush)[1] != 0 for _ in range(CONTROL_ROUNDS))
