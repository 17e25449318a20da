"""Races of workers on import subscriptions, on PostgreSQL, with controls."""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from events.models import Event
from external_events.models import Import, Run, Subscription
from external_events.providers import PROVIDERS
from external_events.services import runs
from external_events.services.page_imports import import_page
from external_events.services.updates import LOOKUPS_PER_PROVIDER, update_due_events
from tests.concurrency.provider_events import create_import, event_in_days, record_of
from tests.concurrency.rush import CONTROL_ROUNDS, Rush, errors_other_than, rounds_of, rush_of
from tests.standins.ticketmaster import TicketmasterStandIn

pytestmark = [pytest.mark.real, pytest.mark.django_db(transaction=True)]

PAGES, PAGE_SIZE = 4, 3
WORKERS = 4


@pytest.fixture
def subscription(transactional_db: None) -> Subscription:
    return Subscription.objects.create(provider="ticketmaster", query="jazz")


@pytest.fixture
def pages(
    ticketmaster: TicketmasterStandIn, monkeypatch: pytest.MonkeyPatch
) -> TicketmasterStandIn:
    """Return the provider, with several pages of three events."""
    monkeypatch.setattr(PROVIDERS["ticketmaster"], "page_size", PAGE_SIZE)
    ticketmaster.events = [event_in_days(f"G{number}") for number in range(PAGES * PAGE_SIZE)]
    return ticketmaster


def run_all_steps() -> None:
    while (claimed := runs.claim_due()) is not None:
        runs.step(claimed)


def claim_without_lock() -> Run | None:
    due = Run.objects.filter(state=Run.State.RUNNING, next_step_at__lte=timezone.now())
    return due.select_related("subscription").first()


class TestOneRun:
    def round(self, rush: Rush, pages: TicketmasterStandIn, subscription: Subscription) -> Run:
        pages.calls.clear()
        run, _ = runs.start_run(subscription_id=subscription.pk)
        assert errors_other_than(rush([run_all_steps] * WORKERS)) == []
        run_all_steps()  # the rest, left to workers that have finished
        run.refresh_from_db()
        assert run.state == Run.State.DONE
        return run

    def test_every_page_is_requested_and_counted_once(
        self, pages: TicketmasterStandIn, subscription: Subscription
    ) -> None:
        with rush_of(WORKERS) as rush:
            first = self.round(rush, pages, subscription)
            assert (first.seen, first.created, len(pages.calls)) == (12, 12, PAGES)
            for _ in rounds_of(30):
                run = self.round(rush, pages, subscription)
                assert (run.seen, run.unchanged, len(pages.calls)) == (12, 12, PAGES)
        assert Event.objects.count() == Import.objects.count() == 12

    def test_control_requests_pages_again_without_the_claim(
        self,
        pages: TicketmasterStandIn,
        subscription: Subscription,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(runs, "claim_due", claim_without_lock)
        with rush_of(WORKERS) as rush:
            rounds = (self.round(rush, pages, subscription) for _ in range(CONTROL_ROUNDS))
            assert any(len(pages.calls) > PAGES for _ in rounds)

    def test_worker_with_a_lapsed_claim_counts_nothing_twice(
        self,
        pages: TicketmasterStandIn,
        subscription: Subscription,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """A worker has written its page and not counted it, while another one does two pages."""
        run, _ = runs.start_run(subscription_id=subscription.pk)
        stalled = runs.claim_due()
        assert stalled
        Run.objects.update(claimed_until=timezone.now())

        def import_and_stall(*args: object, **options: object) -> Counter[str]:
            monkeypatch.setattr(runs, "import_page", import_page)
            counts = import_page(*args, **options)  # type: ignore[arg-type]
            for _ in range(2):
                claimed = runs.claim_due()
                assert claimed
                runs.step(claimed)
            return counts

        monkeypatch.setattr(runs, "import_page", import_and_stall)
        runs.step(stalled)
        run_all_steps()
        run.refresh_from_db()
        assert (run.state, run.seen) == (Run.State.DONE, 12)
        assert run.created + run.unchanged == Event.objects.count() == 12


class TestStarts:
    def test_simultaneous_starts_return_the_same_run(self, subscription: Subscription) -> None:
        with rush_of(8) as rush:
            for _ in rounds_of(50):
                outcomes = rush([partial(runs.start_run, subscription_id=subscription.pk)] * 8)
                assert errors_other_than(outcomes) == []
                running = Run.objects.get(state=Run.State.RUNNING)
                counts = Counter((run.pk, is_new) for run, is_new in outcomes)
                assert counts == {(running.pk, True): 1, (running.pk, False): 7}
                runs.stop_run(run_id=running.pk)

    def test_due_run_is_started_by_one_worker(self, subscription: Subscription) -> None:
        with rush_of(WORKERS) as rush:
            for _ in rounds_of(50):
                Subscription.objects.update(next_run_at=timezone.now())
                outcomes = rush([runs.start_due_runs] * WORKERS)
                assert errors_other_than(outcomes) == []
                assert sum(outcomes) == 1
                subscription.refresh_from_db()
                assert subscription.next_run_at
                assert subscription.next_run_at > timezone.now() + timedelta(days=6)
                runs.stop_run(run_id=Run.objects.get(state=Run.State.RUNNING).pk)


def test_workers_request_every_imported_event_once(ticketmaster: TicketmasterStandIn) -> None:
    names = [f"G{number}" for number in range(LOOKUPS_PER_PROVIDER)]
    for name in names:
        create_import(record_of(name))
    ticketmaster.events = [event_in_days(name) for name in names]
    with rush_of(WORKERS) as rush:
        for _ in rounds_of(20):
            ticketmaster.calls.clear()
            Import.objects.update(next_look_at=timezone.now())
            outcomes = rush([partial(update_due_events, for_s=20)] * WORKERS)
            assert errors_other_than(outcomes) == []
            assert sum(outcomes) == len(ticketmaster.calls) == LOOKUPS_PER_PROVIDER
