"""Runs of standing imports."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.services.lifecycle import deactivate
from accounts.services.organizers import revoke_role
from events.models import Event
from events.services.events import delete_event
from external_events import tasks
from external_events.exceptions import ProviderNotConfigured
from external_events.models import Duplicate, Import, Run, Subscription
from external_events.services import runs
from external_events.services.subscriptions import create_subscription
from external_events.services.updates import update_due_events
from tests.external_events.conftest import is_well_again
from tests.factories import CategoryFactory
from tests.standins import StandInResponse
from tests.standins.seatgeek import SeatGeekStandIn, sg_event
from tests.standins.ticketmaster import TicketmasterStandIn, tm_event, tm_venue

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.slow]
COUNTS = ("created", "updated", "unchanged", "cancelled", "skipped", "failed")


@pytest.fixture
def jazz(ticketmaster: TicketmasterStandIn) -> TicketmasterStandIn:
    ticketmaster.events = [numbered_event(index) for index in range(3)]
    return ticketmaster


def numbered_event(number: int, **changes: Any) -> dict[str, Any]:
    name = changes.pop("name", f"Jazz {number}")
    local = changes.pop("local", f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}T19:30")
    return tm_event(f"G{number:04}", name, local=local, **changes)


def subscribe(**details: Any) -> Subscription:
    return create_subscription(
        details={"provider": "ticketmaster", "query": "jazz", "every": "weekly"} | details
    )


def ran(subscription: Subscription, *, dry_run: bool | None = None) -> Run:
    run, _ = runs.start_run(subscription_id=subscription.pk, dry_run=dry_run)
    work()
    run.refresh_from_db()
    return run


def work() -> None:
    while (claimed := runs.claim_due()) is not None:
        runs.step(claimed)


def counts(run: Run) -> dict[str, int]:
    """Return the counters that are not 0."""
    return {name: number for name in COUNTS if (number := getattr(run, name))}


@pytest.fixture
def subscription(db: None) -> Subscription:
    return subscribe()


class TestRun:
    def test_run_imports_the_results(
        self, subscription: Subscription, jazz: TicketmasterStandIn
    ) -> None:
        run = ran(subscription)
        assert (run.state, run.total, run.seen, counts(run)) == ("done", 3, 3, {"created": 3})
        events = Event.objects.order_by("title")
        assert [event.title for event in events] == ["Jazz 0", "Jazz 1", "Jazz 2"]
        assert {event.created_by for event in events} == {None}

    def test_second_run_imports_nothing_new(
        self, subscription: Subscription, jazz: TicketmasterStandIn
    ) -> None:
        ran(subscription)
        assert counts(ran(subscription)) == {"unchanged": 3}

    def test_changes_are_applied(
        self, subscription: Subscription, jazz: TicketmasterStandIn
    ) -> None:
        ran(subscription)
        jazz.events = [
            numbered_event(0),
            numbered_event(1, name="Jazz in the Park"),
            numbered_event(2, status="cancelled"),
            numbered_event(3),
        ]
        assert counts(ran(subscription)) == {
            "created": 1,
            "updated": 1,
            "unchanged": 1,
            "cancelled": 1,
        }

    def test_unusable_results_are_skipped(
        self, subscription: Subscription, jazz: TicketmasterStandIn
    ) -> None:
        day = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"
        jazz.events = [
            numbered_event(0, local=day),
            numbered_event(1, status="cancelled"),
            numbered_event(2, status="postponed"),
        ]
        assert counts(ran(subscription)) == {"skipped": 3}

    def test_unreadable_results_are_counted(
        self, subscription: Subscription, jazz: TicketmasterStandIn
    ) -> None:
        jazz.events[1]["id"] = "an id with blanks" * 20
        run = ran(subscription)
        assert (run.seen, counts(run)) == (3, {"created": 2, "failed": 1})

    def test_deleted_events_are_not_imported_again(
        self, subscription: Subscription, jazz: TicketmasterStandIn
    ) -> None:
        ran(subscription)
        delete_event(event_id=Event.objects.get(external_event_id="G0001").pk)
        assert counts(ran(subscription)) == {"unchanged": 2, "skipped": 1}

    @pytest.mark.parametrize("end_role", [revoke_role, deactivate])
    def test_imports_for_a_former_organizer_fail(
        self, jazz: TicketmasterStandIn, olive: User, end_role: Any
    ) -> None:
        subscription = subscribe(organizer=olive)
        end_role(user=olive)
        run = ran(subscription)
        assert (run.state, counts(run)) == ("failed", {})
        assert run.error == "olive can't organize events. Choose another owner for this import."
        assert Event.objects.count() == 0

    def test_imports_do_not_count_for_the_quota(
        self, jazz: TicketmasterStandIn, olive: User, settings: Any
    ) -> None:
        settings.RATE_LIMITS, settings.EVENT_DATES_PER_DAY = True, 1
        assert counts(ran(subscribe(organizer=olive))) == {"created": 3}

    def test_imports_have_the_organizer_and_the_category_of_the_subscription(
        self, jazz: TicketmasterStandIn, olive: User
    ) -> None:
        category = CategoryFactory.create()
        ran(subscribe(organizer=olive, category=category))
        events = Event.objects.values_list("created_by", "category")
        assert set(events) == {(olive.pk, category.pk)}

    def test_category_of_the_subscription_stays_when_its_events_are_followed(
        self, jazz: TicketmasterStandIn
    ) -> None:
        CategoryFactory.create(name="Music", slug="music")
        chess = CategoryFactory.create(name="Chess", slug="chess")
        ran(subscribe(category=chess))
        with time_machine.travel(datetime.now(UTC) + timedelta(days=2), tick=True):
            assert update_due_events(for_s=20) == 3
        assert set(Event.objects.values_list("category", flat=True)) == {chess.pk}

    def test_limit_ends_a_run(self, jazz: TicketmasterStandIn) -> None:
        run = ran(subscribe(limit=2))
        assert (run.state, run.seen, counts(run)) == ("done", 2, {"created": 2})

    def test_run_without_results_is_done(
        self, subscription: Subscription, ticketmaster: TicketmasterStandIn
    ) -> None:
        run = ran(subscription)
        assert (run.state, run.total, counts(run)) == ("done", 0, {})

    def test_manual_import_is_updated_by_a_run(
        self, as_olive: Any, subscription: Subscription, jazz: TicketmasterStandIn
    ) -> None:
        as_olive.post("/external-events/G0000/import/", {"provider": "ticketmaster"})
        jazz.events[0]["name"] = "Jazz in the Park"
        assert counts(ran(subscription)) == {"created": 2, "updated": 1}

    def test_possible_duplicates_are_counted(
        self, ticketmaster: TicketmasterStandIn, seatgeek: SeatGeekStandIn
    ) -> None:
        start = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}T19:30"
        ticketmaster.events = [tm_event(name="The Night Owls", local=start)]
        venue = sg_event()["venue"] | {
            "timezone": "Europe/London",
            "location": {"lat": 51.508, "lon": -0.128},
        }
        seatgeek.events = [sg_event(title="The Night Owls", local=start, venue=venue)]
        seatgeek.events[0]["datetime_utc"] = f"{start}:00"
        ran(subscribe(query="owls"))
        run = ran(subscribe(provider="seatgeek", query="owls"))
        assert (run.created, run.duplicates, Duplicate.objects.count()) == (1, 1, 1)


class TestDryRun:
    def test_dry_run_counts_and_writes_nothing(
        self, subscription: Subscription, jazz: TicketmasterStandIn
    ) -> None:
        ran(subscription)
        before = list(Event.objects.order_by("pk").values())
        jazz.events = [
            numbered_event(0),
            numbered_event(1, name="Jazz in the Park"),
            numbered_event(2, status="cancelled"),
            numbered_event(3),
        ]
        run = ran(subscription, dry_run=True)
        assert counts(run) == {"created": 1, "updated": 1, "unchanged": 1, "cancelled": 1}
        assert list(Event.objects.order_by("pk").values()) == before
        assert counts(ran(subscription)) == counts(run)

    def test_standing_import_may_always_be_dry(self, jazz: TicketmasterStandIn) -> None:
        run = ran(subscribe(dry_run=True))
        assert (run.dry_run, counts(run), Event.objects.exists()) == (True, {"created": 3}, False)


class TestWall:
    """Searches with more than 1,000 results, where paging ends."""

    def many(self, number: int, *, hours: int) -> list[dict[str, Any]]:
        first = datetime.now(UTC).replace(minute=0, second=0) + timedelta(days=10)
        return [
            numbered_event(
                index,
                local=f"{first + timedelta(hours=index % hours):%Y-%m-%dT%H:%M}",
                _embedded={"venues": [tm_venue(zone="UTC")]},
                zone="UTC",
            )
            for index in range(number)
        ]

    def test_results_behind_the_wall_are_reached(
        self, subscription: Subscription, ticketmaster: TicketmasterStandIn
    ) -> None:
        ticketmaster.events = self.many(1300, hours=500)
        run = ran(subscription, dry_run=True)
        assert (run.total, run.seen, run.is_truncated) == (1300, 1300, False)
        assert counts(run) == {"created": 1300}

    def test_too_many_results_in_one_hour_are_truncated(
        self, subscription: Subscription, ticketmaster: TicketmasterStandIn
    ) -> None:
        ticketmaster.events = self.many(1100, hours=1)
        run = ran(subscription, dry_run=True)
        assert (run.seen, run.is_truncated, run.state) == (1000, True, "done")


class TestOutage:
    def test_run_continues_after_an_outage_of_the_provider(
        self, subscription: Subscription, jazz: TicketmasterStandIn
    ) -> None:
        jazz.trouble = StandInResponse(403, "")
        run = ran(subscription)
        assert (run.state, run.attempts, run.seen) == ("running", 1, 0)
        assert run.error == "The provider rejected the API key of this server. Try again later."
        is_well_again(jazz)
        with time_machine.travel(datetime.now(UTC) + timedelta(minutes=2), tick=True):
            work()
        run.refresh_from_db()
        assert (run.state, run.error, counts(run)) == ("done", "", {"created": 3})

    def test_run_fails_after_a_long_outage(
        self, subscription: Subscription, jazz: TicketmasterStandIn
    ) -> None:
        jazz.trouble = StandInResponse(403, "")
        run = ran(subscription)
        for hours in range(1, 30):
            with time_machine.travel(datetime.now(UTC) + timedelta(hours=hours * 2), tick=True):
                work()
        run.refresh_from_db()
        assert (run.state, run.attempts) == ("failed", runs.MOST_ATTEMPTS)

    def test_run_that_kills_its_workers_fails_in_the_end(
        self, subscription: Subscription, jazz: TicketmasterStandIn
    ) -> None:
        run, _ = runs.start_run(subscription_id=subscription.pk)
        for number in range(runs.MOST_ATTEMPTS):
            with time_machine.travel(run.started_at + number * 2 * runs.CLAIM, tick=True):
                assert runs.claim_due() is not None
        with time_machine.travel(run.started_at + timedelta(days=1), tick=True):
            work()
        run.refresh_from_db()
        assert (run.state, run.error, len(jazz.calls)) == (
            "failed",
            "The run was interrupted too often. See the log.",
            0,
        )

    def test_run_without_a_key_fails_at_once(self, subscription: Subscription) -> None:
        run = ran(subscription)
        assert (run.state, run.error) == (
            "failed",
            ProviderNotConfigured.message,
        )


class TestUnderWay:
    def test_second_start_is_the_same_run(self, subscription: Subscription) -> None:
        first, second = (runs.start_run(subscription_id=subscription.pk) for _ in range(2))
        assert (first[0].pk, first[1], second[1]) == (second[0].pk, True, False)

    def test_stopped_run_does_not_continue(
        self, subscription: Subscription, jazz: TicketmasterStandIn
    ) -> None:
        run, _ = runs.start_run(subscription_id=subscription.pk)
        claimed = runs.claim_due()
        assert claimed is not None
        runs.stop_run(run_id=run.pk)
        runs.step(claimed)
        run.refresh_from_db()
        assert (run.state, runs.claim_due()) == ("stopped", None)

    def test_subscription_deleted_under_a_run_ends_it(
        self, subscription: Subscription, jazz: TicketmasterStandIn
    ) -> None:
        runs.start_run(subscription_id=subscription.pk)
        claimed = runs.claim_due()
        assert claimed is not None
        subscription.delete()
        runs.step(claimed)
        assert not Run.objects.exists()
        assert Import.objects.count() == 0

    def test_claimed_run_is_not_claimed_again(self, subscription: Subscription) -> None:
        runs.start_run(subscription_id=subscription.pk)
        assert runs.claim_due() is not None
        assert runs.claim_due() is None
        with time_machine.travel(datetime.now(UTC) + runs.CLAIM + timedelta(seconds=1)):
            assert runs.claim_due() is not None


class TestSchedule:
    def test_new_subscription_runs_at_once_and_then_every_week(
        self, subscription: Subscription, jazz: TicketmasterStandIn
    ) -> None:
        now = datetime.now(UTC)
        for days in (0, 1, 8):
            with time_machine.travel(now + timedelta(days=days, minutes=1), tick=True):
                tasks.work_on_runs()
        assert [run.state for run in Run.objects.all()] == ["done", "done"]

    def test_subscription_for_once_runs_on_request_only(self, jazz: TicketmasterStandIn) -> None:
        subscribe(every="once")
        tasks.work_on_runs()
        assert not Run.objects.exists()

    def test_inactive_subscription_runs_on_request_only(self, jazz: TicketmasterStandIn) -> None:
        subscription = subscribe(is_active=False)
        tasks.work_on_runs()
        assert not Run.objects.exists()
        assert ran(subscription).state == "done"

    def test_run_that_takes_longer_than_its_interval_is_not_doubled(
        self, jazz: TicketmasterStandIn
    ) -> None:
        subscribe(every="hourly")
        jazz.trouble = StandInResponse(403, "")
        tasks.work_on_runs()
        with time_machine.travel(datetime.now(UTC) + timedelta(minutes=61), tick=True):
            tasks.work_on_runs()
        assert Run.objects.count() == 1


def test_unchanged_pages_have_a_constant_number_of_queries(
    subscription: Subscription, jazz: TicketmasterStandIn
) -> None:
    numbers = []
    for number in (3, 30):
        jazz.events = [numbered_event(index) for index in range(number)]
        ran(subscription)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            ran(subscription)
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]
