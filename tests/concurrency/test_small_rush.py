"""The rush of `make rush`, small and without its times, and the check of its promises."""

import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence

import pytest
from django.db import connection

from benchmarks.product.machine import children_of
from benchmarks.product.people import Person, create_people
from benchmarks.rush.crowd import Answer, Rush, send
from benchmarks.rush.promises import broken_promises
from events.models import Event, Tally
from notifications.models import Notification
from rsvp.models import Rsvp
from tests.concurrency.server import Server
from tests.factories import EventFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("server"),
    pytest.mark.real,
]

PEOPLE, SEATS, CONNECTIONS = 300, 20, 24


@pytest.fixture(scope="module")
def server(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("rush") / "server.log"
    server = Server(log, WEB_CONCURRENCY="2", RATE_LIMITS="on")
    yield server
    server.stop()


@pytest.fixture
def crowd() -> list[Person]:
    return create_people("crowd", PEOPLE)


@pytest.fixture
def event() -> Event:
    return EventFactory.create(max_attendees=SEATS)


def _rush(server: Server, event: Event, crowd: Sequence[Person]) -> list[Answer]:
    people = [(person.user.pk, person.access) for person in crowd]
    return send(Rush(server.port, event.pk, people, CONNECTIONS))


def _broken(event: Event, crowd: Sequence[Person], answers: Sequence[Answer]) -> list[str]:
    return broken_promises(event, [person.user.pk for person in crowd], answers)


def test_rush_keeps_every_promise(server: Server, event: Event, crowd: list[Person]) -> None:
    answers = _rush(server, event, crowd)
    assert _broken(event, crowd, answers) == []
    assert sorted(answer.position for answer in answers if answer.position) == [
        *range(1, PEOPLE - SEATS + 1)
    ]


def test_rush_keeps_every_promise_while_a_process_is_killed(
    server: Server, event: Event, crowd: list[Person]
) -> None:
    def kill_one() -> None:
        while Rsvp.objects.filter(event=event).count() < PEOPLE // 3:
            time.sleep(0.01)
        os.kill(children_of(server.process.pid)[0], signal.SIGKILL)
        connection.close()  # of this thread

    killing = threading.Thread(target=kill_one, daemon=True)
    killing.start()
    answers = _rush(server, event, crowd)
    killing.join(60)
    assert sum(answer.tries for answer in answers) > PEOPLE
    assert _broken(event, crowd, answers) == []


def test_check_of_a_rush_finds_what_is_broken(
    server: Server, event: Event, crowd: list[Person]
) -> None:
    crowd = crowd[: SEATS + 5]
    answers = _rush(server, event, crowd)
    assert _broken(event, crowd, answers) == []
    assert _broken(event, crowd, answers[1:]) == ["People without a response: 1."]
    Notification.objects.filter(event_id=event.pk)[0].delete()
    assert _broken(event, crowd, answers) == ["RSVPs without a receipt in the outbox: 1."]
    Tally.objects.filter(pk=event.pk).update(max_attendees=SEATS + 1)
    assert len(_broken(event, crowd, answers)) == 2
