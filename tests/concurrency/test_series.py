"""Races of workers that create the dates of one series, on PostgreSQL, with controls."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connection

from accounts.models import User
from core.errors import RuleBroken
from events.erasure import release_events
from events.models import Event, Series, Tally
from events.series import extension, rules, scopes
from events.series.scopes import Scope
from rsvp.services import join_event, join_series
from tests.concurrency.rush import CONTROL_ROUNDS, Rush, errors_other_than, rush_of
from tests.factories import EventFactory, UserFactory, people
from tests.invariants import check_invariants
from tests.rsvp.dates import series_with

pytestmark = [pytest.mark.real, pytest.mark.django_db(transaction=True)]

ROUNDS = 50
WORKERS = 2


def unlocked(series_id: int) -> Series | None:
    return Series.objects.due(rules.horizon_of()).filter(pk=series_id).first()


@contextmanager
def without_the_constraint() -> Iterator[None]:
    name = "event_once_a_day_of_its_series"
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE events_event DROP CONSTRAINT {name}")
    try:
        yield
    finally:
        Tally.objects.all().delete()
        Event.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(
                f"ALTER TABLE events_event ADD CONSTRAINT {name} UNIQUE (series_id, series_day)"
            )


class TestTwoWorkers:
    @pytest.fixture(autouse=True)
    def _daily_series(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.look_ahead(days=30)
        first = EventFactory.create(recurrence_pattern="daily", max_attendees=5)
        assert first.series
        self.series = first.series

    def look_ahead(self, *, days: int) -> None:
        self.monkeypatch.setattr(rules, "WRITTEN_AHEAD", timedelta(days=days))

    def round(self, rush: Rush, number: int) -> list[object]:
        """Move the horizon by three days, so that both workers have dates to create."""
        self.look_ahead(days=30 + 3 * (number + 1))
        return rush([partial(extension.extend_series, self.series.pk)] * WORKERS)

    def days(self) -> list[object]:
        return list(self.series.occurrences.values_list("series_day", flat=True))

    def test_no_date_is_created_twice(self) -> None:
        before = len(self.days())
        with rush_of(WORKERS) as rush:
            for number in range(ROUNDS):
                outcomes = self.round(rush, number)
                assert errors_other_than(outcomes) == []
                days = self.days()
                assert len(days) == len(set(days)) == Tally.objects.count()
            # A worker that finds the series locked leaves it to the next run.
            extension.extend_series(self.series.pk)
        assert len(self.days()) > before + 3 * (ROUNDS - 10)

    def test_control_without_the_lock_is_refused_by_the_database(self) -> None:
        self.monkeypatch.setattr(extension, "lock_due_series", unlocked)
        with rush_of(WORKERS) as rush:
            rounds = (self.round(rush, number) for number in range(CONTROL_ROUNDS))
            [error, *_] = next(filter(None, map(errors_other_than, rounds)))
        assert type(error) is IntegrityError
        days = self.days()
        assert len(days) == len(set(days))

    def test_control_without_lock_and_constraint_creates_dates_twice(self) -> None:
        self.monkeypatch.setattr(extension, "lock_due_series", unlocked)
        with without_the_constraint(), rush_of(WORKERS) as rush:
            rounds = (self.round(rush, number) for number in range(CONTROL_ROUNDS))
            assert any(len(set(days)) < len(days) for days in (self.days() for _ in rounds))


def test_edits_and_rsvps_never_deadlock() -> None:
    crowd = people(4)
    with rush_of(12) as rush:
        for number in range(6):
            olive: User = UserFactory.create(is_organizer=True)
            series, dates = series_with(olive, *[3] * 6)
            first, second, third, *_, last = (event.pk for event in dates)
            actions: list[Any] = [
                partial(scopes.update, event_id=event_id, scope=scope, changes=changes)
                for event_id, scope, changes in (
                    (first, Scope.ALL, {"title": "All"}),
                    (second, Scope.FOLLOWING, {"title": "Following", "max_attendees": 5}),
                    (third, Scope.FOLLOWING, {"location": "Elsewhere"}),
                    (third, Scope.THIS, {"title": "This"}),
                    (last, Scope.THIS, {"location": "Here"}),
                )
            ]
            actions += [
                partial(scopes.delete, event_id=last, scope=Scope.THIS),
                partial(extension.extend_series, series.pk),
                *(partial(join_event, event_id=third, attendee=person) for person in crowd[:2]),
                *(
                    partial(join_series, series_id=series.pk, attendee=person)
                    for person in crowd[2:]
                ),
            ]
            if number % 2:
                actions.append(partial(release_events, organizer=olive))
            assert errors_other_than(rush(actions), RuleBroken) == []
            check_invariants()
