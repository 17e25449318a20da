"""Scans of a device that had no network."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from core.errors import RuleBroken
from events.models import Event
from rsvp.check_in import Scan, check_in_all, undo_check_in
from rsvp.models import Rsvp
from rsvp.services import leave_event
from tests.factories import end, people
from tests.invariants import check_invariants
from tests.rsvp.check_in_helpers import arrived, open_event, ticket


@pytest.fixture
def event(olive: User) -> Event:
    return open_event(created_by=olive, max_attendees=10)


class TestList:
    def results_of(self, event: Event, by: User, *scans: Scan) -> list[str]:
        def code_of(refusal: RuleBroken | None) -> str:
            return refusal.code if refusal else "in"

        outcomes = check_in_all(event_id=event.pk, scans=scans, by=by)
        return [code_of(outcome.refusal) for outcome in outcomes]

    def test_each_scan_has_its_own_result(self, event: Event, olive: User, ada: User) -> None:
        [ben, cleo] = people(2)
        code, void = ticket(event, ada), ticket(event, ben)
        leave_event(event_id=event.pk, attendee=ben)
        scans = [Scan(code=code), Scan(code=void), Scan(code="forged"), Scan(code=code)]
        assert self.results_of(event, olive, *scans, Scan(user_id=cleo.pk)) == [
            "in", "ticket_void", "not_found", "already_checked_in", "not_found",
        ]  # fmt: skip
        assert arrived(event) == 1
        check_invariants()

    def test_each_scan_is_judged_by_its_own_time(
        self, event: Event, olive: User, ada: User
    ) -> None:
        [ben] = people(1)
        scans = [
            Scan(code=ticket(event, ada), at=timezone.now() - timedelta(hours=2)),
            Scan(code=ticket(event, ben), at=timezone.now() - timedelta(hours=6)),
        ]
        end(event)
        assert self.results_of(event, olive, *scans) == ["in", "check_in_not_open"]
        assert Rsvp.objects.get(user=ada).checked_in_at == scans[0].at

    def test_list_may_be_sent_again(self, event: Event, olive: User, ada: User) -> None:
        scan = Scan(code=ticket(event, ada, guests=2), people=1, at=timezone.now())
        assert self.results_of(event, olive, scan) == ["in"]
        assert self.results_of(event, olive, scan, scan) == ["already_checked_in"] * 2
        assert arrived(event) == 1

    def test_list_with_a_fast_clock_may_be_sent_again(
        self, event: Event, olive: User, ada: User
    ) -> None:
        ahead = timezone.now() + timedelta(minutes=1)
        scan = Scan(code=ticket(event, ada, guests=2), people=1, at=ahead)
        assert self.results_of(event, olive, scan) == ["in"]
        assert self.results_of(event, olive, scan) == ["already_checked_in"]
        assert arrived(event) == 1

    def test_list_sent_again_does_not_repeat_an_undone_scan(
        self, event: Event, olive: User, ada: User
    ) -> None:
        scan = Scan(code=ticket(event, ada), at=timezone.now())
        self.results_of(event, olive, scan)
        undo_check_in(event_id=event.pk, scan=Scan(user_id=ada.pk), by=olive)
        assert self.results_of(event, olive, scan) == ["already_checked_in"]
        assert arrived(event) == 0

    def test_earlier_of_two_times_counts(self, event: Event, olive: User, ada: User) -> None:
        code, now = ticket(event, ada, guests=1), timezone.now()
        late, early = now, now - timedelta(minutes=5)
        scans = [Scan(code=code, people=1, at=at) for at in (late, early)]
        assert self.results_of(event, olive, *scans) == ["in", "in"]
        assert Rsvp.objects.get().checked_in_at == early

    def test_scan_in_the_future_counts_as_now(self, event: Event, olive: User, ada: User) -> None:
        ahead = timezone.now() + timedelta(hours=1)
        assert self.results_of(event, olive, Scan(code=ticket(event, ada), at=ahead)) == ["in"]
        checked_in_at = Rsvp.objects.get().checked_in_at
        assert checked_in_at is not None and checked_in_at <= timezone.now()

    def test_number_of_statements_is_constant(self, event: Event, olive: User) -> None:
        def statements(number: int) -> int:
            codes = [ticket(event, person) for person in people(number)]
            scans = [Scan(code=code, at=timezone.now()) for code in codes]
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert self.results_of(event, olive, *scans) == ["in"] * number
            return len(queries)

        assert statements(1) == statements(4)
