"""Races of imports of one event, on PostgreSQL and Redis, with controls.

Every organizer gets one event, and the provider gets one request for all of them.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connection

from accounts.models import User
from core.errors import ProviderUnavailable
from events.exceptions import EventNotFound
from events.models import Event, Tally
from events.services.events import delete_event
from external_events.exceptions import ExternalEventNotFound
from external_events.models import Import, Subscription
from external_events.selectors import events_imported_from
from external_events.services import request_cache
from external_events.services.imports import import_event
from external_events.services.page_imports import import_page
from tests.concurrency.provider_events import event_in_days, record_of
from tests.concurrency.rush import CONTROL_ROUNDS, Rush, errors_other_than, rounds_of, rush_of
from tests.external_events.conftest import SOMEBODY
from tests.factories import UserFactory
from tests.standins.ticketmaster import TicketmasterStandIn
from tests.standins.troubles import AWAY

pytestmark = [pytest.mark.real, pytest.mark.django_db(transaction=True)]

AT_ONCE = 50
OWNERS = 10


def organizers(number: int) -> list[User]:
    return UserFactory.create_batch(number, is_organizer=True)


def import_it(external_id: str, organizer: User) -> tuple[Event, bool]:
    return import_event(
        provider="ticketmaster",
        external_id=external_id,
        organizer=organizer,
        overrides={},
        caller=SOMEBODY,
    )


def fifty_imports(external_id: str, crowd: list[User]) -> list[Callable[[], Any]]:
    """Return five imports per organizer, for ten organizers."""
    return [
        partial(import_it, external_id, crowd[number % len(crowd)]) for number in range(AT_ONCE)
    ]


@contextmanager
def without_the_constraint(name: str) -> Iterator[None]:
    [constraint] = [c for c in Event._meta.constraints if c.name == name]
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


def fetch_always(key: str, fetch: Callable[[], Any], keep_s: int) -> tuple[float, Any]:
    return time.time(), fetch()


class TestFiftyForOne:
    """Ten organizers import one event, five times each, at once."""

    def round(self, rush: Rush, provider: TicketmasterStandIn, external_id: str) -> list[Any]:
        provider.calls.clear()
        provider.events = [event_in_days(external_id)]
        return rush(fifty_imports(external_id, self.crowd))

    @pytest.fixture(autouse=True)
    def _crowd(self, transactional_db: None) -> None:
        self.crowd = organizers(OWNERS)

    def test_organizers_get_one_event_each_with_one_request(
        self, ticketmaster: TicketmasterStandIn
    ) -> None:
        with rush_of(AT_ONCE) as rush:
            for number in rounds_of(100):
                outcomes = self.round(rush, ticketmaster, f"G{number}")
                assert errors_other_than(outcomes) == []
                rows = Event.objects.filter(external_event_id=f"G{number}")
                assert {event.created_by_id for event in rows} == {
                    organizer.pk for organizer in self.crowd
                }
                counts = Counter((found.pk, is_new) for found, is_new in outcomes)
                assert counts == {
                    (event.pk, is_new): 1 if is_new else AT_ONCE // OWNERS - 1
                    for event in rows
                    for is_new in (True, False)
                }
                assert Import.objects.filter(event__in=rows).count() == OWNERS
                assert len(ticketmaster.calls) == 1

    def test_control_creates_duplicates_of_an_organizer_without_the_constraint(
        self, ticketmaster: TicketmasterStandIn
    ) -> None:
        with without_the_constraint("event_imported_once_by_owner"), rush_of(AT_ONCE) as rush:
            assert any(
                self.round(rush, ticketmaster, f"G{number}")
                and Event.objects.filter(external_event_id=f"G{number}").count() > OWNERS
                for number in range(CONTROL_ROUNDS)
            )

    def test_control_sends_many_requests_without_sharing_one(
        self, ticketmaster: TicketmasterStandIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(request_cache, "_fetch_once", fetch_always)
        with rush_of(AT_ONCE) as rush:
            self.round(rush, ticketmaster, "G1")
        assert len(ticketmaster.calls) > 10

    def test_unknown_event_is_not_requested_by_everybody(
        self, ticketmaster: TicketmasterStandIn
    ) -> None:
        with rush_of(AT_ONCE) as rush:
            for number in rounds_of(20):
                ticketmaster.calls.clear()
                outcomes = rush(fifty_imports(f"G{number}", self.crowd))
                assert Counter(map(type, outcomes)) == {ExternalEventNotFound: AT_ONCE}
                # Once, or twice if the calls arrive over more than a second.
                assert len(ticketmaster.calls) <= 3

    def test_unreachable_provider_is_called_once(self, ticketmaster: TicketmasterStandIn) -> None:
        """Three requests, which are the attempts of one call."""
        ticketmaster.trouble = AWAY
        began = time.monotonic()
        with rush_of(AT_ONCE) as rush:
            outcomes = rush(fifty_imports("G1", self.crowd))
        assert Counter(map(type, outcomes)) == {ProviderUnavailable: AT_ONCE}
        assert len(ticketmaster.calls) == 3
        assert time.monotonic() - began < 15


class TestAgainstDeletions:
    """An event is imported while it is deleted."""

    @staticmethod
    def delete_it(external_id: str) -> None:
        """Delete the event as soon as it exists."""
        until = time.monotonic() + 1
        while time.monotonic() < until:
            event = events_imported_from("ticketmaster", external_id).first()
            if event is not None:
                delete_event(event_id=event.pk)
                return
            time.sleep(0.001)

    def test_reported_creations_match_the_rows(self, ticketmaster: TicketmasterStandIn) -> None:
        crowd = organizers(2)
        with rush_of(12) as rush:
            for number in rounds_of(40):
                external_id = f"G{number}"
                ticketmaster.events = [event_in_days(external_id)]
                imports = [partial(import_it, external_id, organizer) for organizer in crowd * 3]
                outcomes = rush([*imports, *[partial(self.delete_it, external_id)] * 6])
                # Refused if an own import is deleted before it is read: 409 over HTTP.
                assert errors_other_than(outcomes, EventNotFound, IntegrityError) == []
                results = [outcome for outcome in outcomes[:6] if isinstance(outcome, tuple)]
                created = [found.pk for found, is_new in results if is_new]
                rows = Event.objects.filter(external_event_id=external_id)
                assert sorted(created) == sorted(rows.values_list("pk", flat=True))
                assert max(Counter(rows.alive().values_list("created_by")).values(), default=0) <= 1


class TestAgainstRuns:
    """Two organizers import events that two runs are importing at this moment."""

    def round(self, rush: Rush, provider: TicketmasterStandIn, external_id: str) -> list[Any]:
        """Return the counts of the two runs, and the outcomes of two imports per organizer."""
        provider.events = [event_in_days(external_id)]
        page = [record_of(external_id)]
        runs = [
            partial(import_page, page, subscription=subscription, dry_run=False)
            for subscription in self.subscriptions
        ]
        by_hand = [partial(import_it, external_id, organizer) for organizer in self.crowd * 2]
        outcomes = rush([*runs, *by_hand])
        assert errors_other_than(outcomes) == []
        return outcomes

    @pytest.fixture(autouse=True)
    def _crowd(self, transactional_db: None) -> None:
        """One run has no owner, the other one belongs to a third organizer."""
        *self.crowd, organizer = organizers(3)
        self.subscriptions = [
            Subscription.objects.create(provider="ticketmaster", query="jazz", organizer=owner)
            for owner in (None, organizer)
        ]

    def test_organizers_get_one_event_each_and_the_runs_one_at_most(
        self, ticketmaster: TicketmasterStandIn
    ) -> None:
        with rush_of(6) as rush:
            for number in rounds_of(40):
                external_id = f"G{number}"
                first, second, *by_hand = self.round(rush, ticketmaster, external_id)
                rows = Event.objects.filter(external_event_id=external_id)
                for organizer in self.crowd:
                    assert rows.filter(created_by=organizer).count() == 1
                assert sum(is_new for _, is_new in by_hand) == len(self.crowd)
                # None if both runs saw an organizer's import that was committed before.
                created = rows.filter(external_is_primary=True).count()
                assert first["created"] + second["created"] == created <= 1
                assert first["failed"] + second["failed"] == 0

    def test_control_runs_create_two_without_the_constraint(
        self, ticketmaster: TicketmasterStandIn
    ) -> None:
        self.crowd = []
        with without_the_constraint("event_imported_once_as_primary"), rush_of(2) as rush:
            assert any(
                self.round(rush, ticketmaster, f"G{number}")
                and Event.objects.filter(external_event_id=f"G{number}").count() > 1
                for number in range(CONTROL_ROUNDS)
            )
