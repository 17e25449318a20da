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


def place(event: Event, location: str) -> None:
    update_event(event_id=event.pk, changes={"location": location})


def let_it_be_due() -> None:
    ChangeWindow.objects.update(closes_at=timezone.now())


class TestChangedWhileReleased:
    """The hall was announced; the park waits and is being released; then comes the cellar."""

    def before_of_the_last(self, ada: User) -> str:
        """Return the former place in the last message, by the window alone."""
        event = EventFactory.create(location="Town hall")
        join_event(event_id=event.pk, attendee=ada)
        for location in ("Hall", "Park"):
            place(event, location)
            fan_out()
        let_it_be_due()
        with ThreadPoolExecutor(1) as other:
            with transaction.atomic():
                changes._release([event.pk])
                changed = other.submit(run_and_close, partial(place, event, "Cellar"))
                wait_for_a_lock()
            assert changed.result(TIMEOUT_S) is None
        fan_out()
        let_it_be_due()
        fan_out()
        told = Notification.objects.filter(kind=Kind.EVENT_CHANGED).order_by("id")
        places = [n.context["event"]["location"] for n in told]
        assert places == ["Hall", "Park", "Cellar"]
        return str(ChangeWindowLog.was)

    @pytest.fixture(autouse=True)
    def _watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ChangeWindowLog.watch(monkeypatch)

    def test_change_is_noted_after_the_release(self) -> None:
        assert self.before_of_the_last(UserFactory.create()) == "Park"

    def test_control_is_noted_behind_what_was_told_without_the_lock(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        unlocked(monkeypatch)
        assert self.before_of_the_last(UserFactory.create()) == "Hall"


class ChangeWindowLog:
    """Return the place before the first waiting change, as the last release found it."""

    was = ""

    @classmethod
    def watch(cls, monkeypatch: pytest.MonkeyPatch) -> None:
        known = changes._facts_at_rsvp

        def look(waiting: list[dict[str, dict[str, str]]], latest_id: int) -> changes.Facts | None:
            cls.was = waiting[0]["was"]["location"]
            return known(waiting, latest_id)

        monkeypatch.setattr(changes, "_last_messages", lambda *_: {})
        monkeypatch.setattr(changes, "_facts_at_rsvp", look)


def test_workers_at_once_tell_each_person_once() -> None:
    event = EventFactory.create()
    crowd = fill(event, 12)
    place(event, "Hall")
    fan_out()
    place(event, "Park")
    let_it_be_due()
    with rush_of(8) as rush:
        outcomes = rush([fan_out] * 8)
    assert errors_other_than(outcomes) == []
    assert sum(outcomes) == len(crowd)
