"""Races for quotas of organizers and of unverified users, with controls."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from core import ratelimit
from core.errors import TooManyTries
from events.exceptions import TooManyDates, TooManyOpenEvents
from events.models import Event
from events.services.events import create_event
from rsvp.exceptions import TooManyUnverifiedSeats
from rsvp.models import Rsvp
from rsvp.services import join_event
from tests.concurrency.rush import CONTROL_ROUNDS, Rush, errors_other_than, rounds_of, rush_of
from tests.factories import EventFactory, UserFactory
from tests.invariants import check_invariants

pytestmark = [pytest.mark.real, pytest.mark.django_db(transaction=True)]

CROWD = 20
QUOTA = 10
ROUNDS = 20


@pytest.fixture(autouse=True)
def _limits_are_on(settings: Settings) -> None:
    settings.RATE_LIMITS = True


def details() -> dict[str, Any]:
    start = timezone.now() + timedelta(days=7)
    return {
        "title": "Jazz",
        "location": "Town hall",
        "start_time": start,
        "end_time": start + timedelta(hours=2),
    }


def create_at_once(rush: Rush, *expected: type[Exception]) -> int:
    """Return how many events of one new organizer were created."""
    organizer: User = UserFactory.create(is_organizer=True)
    outcomes = rush([partial(create_event, organizer=organizer, details=details())] * CROWD)
    assert errors_other_than(outcomes, *expected) == []
    return Event.objects.filter(created_by=organizer).count()


class TestDatesPerDay:
    @pytest.fixture(autouse=True)
    def _quota(self, settings: Settings) -> None:
        settings.EVENT_DATES_PER_DAY = QUOTA

    def test_exactly_the_quota_is_created(self) -> None:
        with rush_of(CROWD) as rush:
            for _ in rounds_of(ROUNDS):
                assert create_at_once(rush, TooManyDates) == QUOTA

    def test_control_exceeds_the_quota_when_it_checks_first(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def check_first(key: str, *, limit: int, window_s: int, number: int) -> None:
            if Event.objects.filter(created_by=int(key.split(":")[1])).count() + number > limit:
                raise TooManyTries(retry_after_s=window_s)

        monkeypatch.setattr(ratelimit, "spend", check_first)
        with rush_of(CROWD) as rush:
            rounds = (create_at_once(rush, TooManyDates) for _ in range(CONTROL_ROUNDS))
            assert any(created > QUOTA for created in rounds)


class TestOpenEvents:
    @pytest.fixture(autouse=True)
    def _quota(self, settings: Settings) -> None:
        settings.OPEN_EVENTS_PER_ORGANIZER = QUOTA

    def test_exactly_the_quota_is_created(self) -> None:
        with rush_of(CROWD) as rush:
            for _ in rounds_of(ROUNDS):
                assert create_at_once(rush, TooManyOpenEvents) == QUOTA

    def test_control_exceeds_the_quota_without_the_lock(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ratelimit, "spend", lambda *_, **__: None)
        with rush_of(CROWD) as rush:
            rounds = (create_at_once(rush, TooManyOpenEvents) for _ in range(CONTROL_ROUNDS))
            assert any(created > QUOTA for created in rounds)


class TestUnverifiedSeats:
    """An unverified user joins many events at once."""

    @pytest.fixture(autouse=True)
    def _events(self, settings: Settings) -> None:
        settings.UNVERIFIED_SEATS = 5
        self.events = EventFactory.create_batch(12)

    def round(self, rush: Rush) -> int:
        newcomer: User = UserFactory.create(has_verified_email=False)
        join = partial(join_event, attendee=newcomer)
        outcomes = rush([partial(join, event_id=event.pk) for event in self.events])
        assert errors_other_than(outcomes, TooManyUnverifiedSeats) == []
        return Rsvp.objects.filter(user=newcomer, status="going").count()

    def test_exactly_the_limit_is_taken(self) -> None:
        with rush_of(12) as rush:
            for _ in rounds_of(ROUNDS):
                assert self.round(rush) == 5
        check_invariants()

    @pytest.mark.usefixtures("without_the_persons_lock")
    def test_control_exceeds_the_limit_without_the_lock(self) -> None:
        with rush_of(12) as rush:
            assert any(self.round(rush) > 5 for _ in range(CONTROL_ROUNDS))
