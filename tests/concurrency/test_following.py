"""Races: the provider changes an event during other writes, on PostgreSQL, with controls."""

import random
import time
from collections import Counter
from functools import partial
from typing import Any

import pytest

from accounts.models import User
from events.exceptions import EventCancelled
from events.models import Event, Tally
from events.services.events import update_event
from external_events.models import Import
from external_events.records import ExternalEvent
from external_events.services import updates
from external_events.services.event_fields import category_finder
from external_events.services.updates import Outcome, apply_record
from notifications.models import Notification
from rsvp.messages.announcements import fan_out
from rsvp.services import join_event
from tests.concurrency.provider_events import create_import, record_of
from tests.concurrency.rush import CONTROL_ROUNDS, Rush, errors_other_than, rounds_of, rush_of
from tests.factories import people
from tests.invariants import check_invariants

pytestmark = [pytest.mark.real, pytest.mark.django_db(transaction=True)]


def apply(event: Event, record: ExternalEvent) -> Outcome:
    return apply_record(event_id=event.pk, record=record, find_category=category_finder())


class TestAgainstEdits:
    """The organizer renames an event while the provider does."""

    def round(self, rush: Rush, number: int) -> Event:
        event = create_import(record_of(f"G{number}", "Jazz", info="As it was."))
        news = record_of(f"G{number}", "Jazz, sold out", info="As it is.")
        edit = partial(update_event, event_id=event.pk, changes={"title": "Mine"})
        assert errors_other_than(rush([partial(apply, event, news), edit])) == []
        event.refresh_from_db()
        assert event.description == "As it is."
        return event

    @staticmethod
    def slow_down(monkeypatch: pytest.MonkeyPatch) -> None:
        """Widen the gap between reading the edited fields and writing the others."""
        own_fields = updates.edited_fields

        def slow_edited_fields(event: Event, row: Import) -> set[str]:
            own = own_fields(event, row)
            time.sleep(random.uniform(0, 0.02))
            return own

        monkeypatch.setattr(updates, "edited_fields", slow_edited_fields)

    def test_edit_of_the_organizer_is_kept(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.slow_down(monkeypatch)
        with rush_of(2) as rush:
            for number in rounds_of(100):
                assert self.round(rush, number).title == "Mine"

    def test_control_overwrites_the_edit_without_the_lock(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.slow_down(monkeypatch)
        monkeypatch.setattr(updates, "lock_tally", lambda event_id: None)
        with rush_of(2) as rush:
            assert any(
                self.round(rush, number).title == "Jazz, sold out"
                for number in range(CONTROL_ROUNDS)
            )


class TestAgainstRsvps:
    """People join while two workers write the provider's current data."""

    def round(self, rush: Rush, crowd: list[User], news: ExternalEvent) -> tuple[Event, list[Any]]:
        event = create_import(record_of(news.external_id), max_attendees=8)
        joins = [partial(join_event, event_id=event.pk, attendee=person) for person in crowd]
        for join in joins[:4]:
            join()
        update = partial(apply, event, news)
        outcomes = rush([*joins[4:8], update, *joins[8:12], update, *joins[12:]])
        while fan_out():
            pass
        return event, outcomes

    def test_attendees_are_notified_of_a_cancellation_once(self) -> None:
        crowd = people(16)
        with rush_of(14) as rush:
            for number in rounds_of(30):
                news = record_of(f"G{number}", status="cancelled")
                event, outcomes = self.round(rush, crowd, news)
                assert errors_other_than(outcomes, EventCancelled) == []
                results = [outcome for outcome in outcomes if isinstance(outcome, Outcome)]
                assert sorted(results) == [Outcome.CANCELLED, Outcome.UNCHANGED]
                assert self.notified(event, "event_cancelled") == Counter(
                    event.rsvps.live().values_list("user_id", flat=True)
                )
                check_invariants()

    def test_attendees_are_notified_of_a_move_once(self) -> None:
        crowd = people(16)
        with rush_of(14) as rush:
            for number in rounds_of(30):
                news = record_of(f"G{number}", days=40)
                event, outcomes = self.round(rush, crowd, news)
                assert errors_other_than(outcomes) == []
                tally = Tally.objects.get(pk=event.pk)
                assert (tally.going, tally.waiting) == (8, 8)
                assert Event.objects.get(pk=event.pk).start_time == news.start_time
                notified = self.notified(event, "event_changed")
                before = set(event.rsvps.filter(user__in=crowd[:4]).values_list("user", flat=True))
                assert before <= set(notified)
                assert set(notified.values()) == {1}
                check_invariants()

    @staticmethod
    def notified(event: Event, kind: str) -> Counter[int]:
        rows = Notification.objects.filter(event_id=event.pk, kind=kind)
        return Counter(rows.values_list("user_id", flat=True))
