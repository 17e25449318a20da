"""Many import one event at the same moment, on real PostgreSQL and Redis, beside controls."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connection

from accounts.models import User
from config.errors import ProviderUnavailable
from events.models import Event, Tally
from events.selectors import EventNotFound
from events.services.events import delete_event
from external_events.models import Import, Subscription
from external_events.providers.base import ExternalEventNotFound
from external_events.selectors import event_imported_from
from external_events.services import finding
from external_events.services.importing import import_event
from external_events.services.runs import take
from tests.concurrency.found import record_of, told_of
from tests.concurrency.rush import Rush, errors_other_than, rounds_of, rush_of
from tests.factories import UserFactory
from tests.standins.ticketmaster import TicketmasterStandIn
from tests.standins.troubles import AWAY

pytestmark = [pytest.mark.real, pytest.mark.django_db(transaction=True)]

AT_ONCE = 50
CONTROL_ROUNDS = 5


def organizers(number: int) -> list[User]:
    return UserFactory.create_batch(number, is_organizer=True)


def import_it(external_id: str, organizer: User) -> tuple[Event, bool]:
    return import_event(
        provider="ticketmaster", external_id=external_id, organizer=organizer, overrides={}
    )


def fifty(external_id: str, crowd: list[User]) -> list[Callable[[], Any]]:
    """Of ten organizers, five times each."""
    return [
        partial(import_it, external_id, crowd[number % len(crowd)]) for number in range(AT_ONCE)
    ]


@contextmanager
def without_the_constraint() -> Iterator[None]:
    [constraint] = [c for c in Event._meta.constraints if c.name == "event_imported_once"]
    with connection.schema_editor() as editor:
        editor.remove_constraint(Event, constraint)
    try:
        yield
    finally:
        Import.objects.all().delete()
        Tally.objects.all().delete()
        Event.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(Event, constraint)


def asked_by_everyone(key: str, ask: Callable[[], Any], *, keep_s: int) -> tuple[float, Any]:
    return time.time(), ask()


class TestFiftyForOne:
    """Ten organizers import one event, five times each, at once."""

    def round(self, rush: Rush, provider: TicketmasterStandIn, external_id: str) -> list[Any]:
        provider.calls.clear()
        provider.events = [told_of(external_id)]
        return rush(fifty(external_id, self.crowd))

    @pytest.fixture(autouse=True)
    def _crowd(self, transactional_db: None) -> None:
        self.crowd = organizers(10)

    def test_one_makes_it_and_one_asks(self, ticketmaster: TicketmasterStandIn) -> None:
        with rush_of(AT_ONCE) as rush:
            for number in rounds_of(100):
                outcomes = self.round(rush, ticketmaster, f"G{number}")
                assert errors_other_than(outcomes) == []
                event = Event.objects.get(external_event_id=f"G{number}")
                told = Counter((found.pk, is_new) for found, is_new in outcomes)
                assert told == {(event.pk, True): 1, (event.pk, False): AT_ONCE - 1}
                assert Import.objects.filter(event=event).count() == 1
                assert len(ticketmaster.calls) == 1

    def test_control_makes_several_without_the_constraint(
        self, ticketmaster: TicketmasterStandIn
    ) -> None:
        with without_the_constraint():
            with rush_of(AT_ONCE) as rush:
                for number in range(CONTROL_ROUNDS):
                    self.round(rush, ticketmaster, f"G{number}")
            made = Event.objects.filter(external_provider="ticketmaster").count()
        assert made > CONTROL_ROUNDS

    def test_control_asks_often_without_the_single_flight(
        self, ticketmaster: TicketmasterStandIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(finding, "_one_flight", asked_by_everyone)
        with rush_of(AT_ONCE) as rush:
            self.round(rush, ticketmaster, "G1")
        assert len(ticketmaster.calls) > 10

    def test_an_unknown_one_is_not_asked_for_by_each(
        self, ticketmaster: TicketmasterStandIn
    ) -> None:
        with rush_of(AT_ONCE) as rush:
            for number in rounds_of(20):
                ticketmaster.calls.clear()
                outcomes = rush(fifty(f"G{number}", self.crowd))
                assert Counter(map(type, outcomes)) == {ExternalEventNotFound: AT_ONCE}
                # Once, and once more should it take them longer than a second to come.
                assert len(ticketmaster.calls) <= 3

    def test_a_provider_that_is_away_is_asked_by_one(
        self, ticketmaster: TicketmasterStandIn
    ) -> None:
        """Three times, which are the attempts of one call."""
        ticketmaster.trouble = AWAY
        began = time.monotonic()
        with rush_of(AT_ONCE) as rush:
            outcomes = rush(fifty("G1", self.crowd))
        assert Counter(map(type, outcomes)) == {ProviderUnavailable: AT_ONCE}
        assert len(ticketmaster.calls) == 3
        assert time.monotonic() - began < 15


class TestAgainstDeletions:
    """An event is imported by some while others delete it."""

    @staticmethod
    def delete_it(external_id: str) -> None:
        """As soon as it is there."""
        until = time.monotonic() + 1
        while time.monotonic() < until:
            event = event_imported_from("ticketmaster", external_id)
            if event is not None:
                delete_event(event_id=event.pk)
                return
            time.sleep(0.001)

    def test_who_is_told_of_a_new_one_has_made_it(self, ticketmaster: TicketmasterStandIn) -> None:
        crowd = organizers(2)
        with rush_of(12) as rush:
            for number in rounds_of(40):
                external_id = f"G{number}"
                ticketmaster.events = [told_of(external_id)]
                imports = [partial(import_it, external_id, each) for each in crowd * 3]
                outcomes = rush([*imports, *[partial(self.delete_it, external_id)] * 6])
                # Refused by another's that is gone when it is looked for: a 409 over HTTP.
                assert errors_other_than(outcomes, EventNotFound, IntegrityError) == []
                told = [each for each in outcomes[:6] if isinstance(each, tuple)]
                made = [found.pk for found, is_new in told if is_new]
                rows = Event.objects.filter(external_event_id=external_id)
                assert sorted(made) == sorted(rows.values_list("pk", flat=True))
                assert rows.alive().count() <= 1


class TestAgainstAStandingImport:
    """Two organizers import what a run is taking from its page at this moment."""

    def test_there_is_one_event_and_one_maker(self, ticketmaster: TicketmasterStandIn) -> None:
        crowd = organizers(2)
        subscription = Subscription.objects.create(provider="ticketmaster", query="jazz")
        with rush_of(6) as rush:
            for number in rounds_of(40):
                external_id = f"G{number}"
                ticketmaster.events = [told_of(external_id)]
                page = [record_of(external_id)]
                run = partial(take, page, subscription=subscription, dry_run=False)
                by_hand = [partial(import_it, external_id, each) for each in crowd * 2]
                *runs, by_hand_1, by_hand_2, by_hand_3, by_hand_4 = outcomes = rush(
                    [run, run, *by_hand]
                )
                assert errors_other_than(outcomes) == []
                made_by_hand = sum(o[1] for o in (by_hand_1, by_hand_2, by_hand_3, by_hand_4))
                assert sum(counts["created"] for counts in runs) + made_by_hand == 1
                assert sum(counts["failed"] for counts in runs) == 0
                assert Import.objects.filter(event__external_event_id=external_id).count() == 1
