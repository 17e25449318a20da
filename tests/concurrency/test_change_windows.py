"""Races: an event changes while notifications about its earlier changes are released."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from events.models import Event
from events.services.events import update_event
from notifications.models import Notification
from rsvp.messages import changes
from rsvp.messages.announcements import fan_out
from rsvp.models import ChangeWindow
from rsvp.services import join_event
from tests.concurrency.rush import TIMEOUT_S, errors_other_than, rush_of
from tests.concurrency.test_outbox import run_and_close, unlocked, wait_for_a_lock
from tests.factories import EventFactory, UserFactory, fill
from tests.notifications.kinds import Kind

pytestmark = [pytest.mark.real, pytest.mark.django_db(transaction=True)]


def move_to(event: Event, location: str) -> None:
    update_event(event_id=event.pk, changes={"location": location})


def make_due() -> None:
    ChangeWindow.objects.update(closes_at=timezone.now())


class TestChangedWhileReleased:
    """The hall was announced, the park is being released, and then comes the cellar."""

    def place_before_the_last_change(self, ada: User) -> str:
        """Return the place before the last change, according to the window."""
        event = EventFactory.create(location="Town hall")
        join_event(event_id=event.pk, attendee=ada)
        for location in ("Hall", "Park"):
            move_to(event, location)
            fan_out()
        make_due()
        with ThreadPoolExecutor(1) as other:
            with transaction.atomic():
                changes._release([event.pk])
                changed = other.submit(run_and_close, partial(move_to, event, "Cellar"))
                wait_for_a_lock()
            assert changed.result(TIMEOUT_S) is None
        fan_out()
        make_due()
        fan_out()
        notifications = Notification.objects.filter(kind=Kind.EVENT_CHANGED).order_by("id")
        places = [n.context["event"]["location"] for n in notifications]
        assert places == ["Hall", "Park", "Cellar"]
        return str(ChangeWindowLog.was)

    @pytest.fixture(autouse=True)
    def _watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ChangeWindowLog.watch(monkeypatch)

    def test_change_is_recorded_after_the_release(self) -> None:
        assert self.place_before_the_last_change(UserFactory.create()) == "Park"

    def test_control_records_the_change_before_the_release_without_the_lock(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        unlocked(monkeypatch)
        assert self.place_before_the_last_change(UserFactory.create()) == "Hall"


class ChangeWindowLog:
    """Records the place before the first waiting change at every release."""

    was = ""

    @classmethod
    def watch(cls, monkeypatch: pytest.MonkeyPatch) -> None:
        facts_at_rsvp = changes._facts_at_rsvp

        def record_and_read(
            waiting: list[dict[str, dict[str, str]]], latest_id: int
        ) -> changes.Facts | None:
            cls.was = waiting[0]["was"]["location"]
            return facts_at_rsvp(waiting, latest_id)

        monkeypatch.setattr(changes, "_last_messages", lambda *_: {})
        monkeypatch.setattr(changes, "_facts_at_rsvp", record_and_read)


def test_simultaneous_workers_notify_every_person_once() -> None:
    event = EventFactory.create()
    crowd = fill(event, 12)
    move_to(event, "Hall")
    fan_out()
    move_to(event, "Park")
    make_due()
    with rush_of(8) as rush:
        outcomes = rush([fan_out] * 8)
    assert errors_other_than(outcomes) == []
    assert sum(outcomes) == len(crowd)
