"""Background tasks run in this process, or go to a broker that may be down."""

import socket
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from celery import Task
from celery.result import denied_join_result
from celery.schedules import maybe_schedule
from django.conf import settings as product
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone
from kombu import Connection
from pytest_django.fixtures import Settings
from time_machine import travel

from accounts.models import User
from config.celery import app
from core import background
from notifications.services import RELAY, notify
from tests.notifications.notices import notice

pytestmark = pytest.mark.both

PROBE = "tests.core.test_background.probe"
runs: list[float] = []

# The tasks of version 0.3.0. Queues and schedules of running servers have these names.
PUBLISHED_TASKS = (
    "accounts.tasks.answer_mail_requests",
    "accounts.tasks.finish_erasure",
    "accounts.tasks.finish_erasures",
    "accounts.tasks.forget_dead_sessions",
    "accounts.tasks.retry_stale_snapshots",
    "accounts.tasks.sweep_pictures",
    "config.tasks.forget_lapsed_limits",
    "events.tasks.extend_series",
    "events.tasks.sweep_banners",
    "external_events.tasks.fetch_banners",
    "external_events.tasks.look_at_imported",
    "external_events.tasks.work_on_runs",
    "notifications.tasks.deliver",
    "notifications.tasks.forget_old",
    "notifications.tasks.relay",
    "reviews.tasks.ask_for_reviews",
    "rsvp.tasks.fan_out",
    "rsvp.tasks.free_seats_of_inactive",
    "rsvp.tasks.remind",
    "rsvp.tasks.send_digests",
)


@app.task(name=PROBE)  # type: ignore[untyped-decorator]
def probe() -> None:
    runs.append(time.monotonic())
    if len(runs) == 1:
        raise ValueError("The first one fails.")


@pytest.fixture(autouse=True)
def _no_runs() -> None:
    runs.clear()


def wait_for(condition: Callable[[], bool], seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


@pytest.fixture
def running(settings: Settings) -> Iterator[Callable[..., background.BackgroundThread]]:
    started = []

    def start(broker: str = "", **schedule: float) -> background.BackgroundThread:
        settings.CELERY_BROKER_URL = broker
        settings.CELERY_BEAT_SCHEDULE = {
            name: {"task": PROBE, "schedule": every} for name, every in schedule.items()
        }
        started.append(background.BackgroundThread())
        started[-1].start()
        return started[-1]

    yield start
    for thread in started:
        thread.stop()
        assert not thread.is_alive()


def test_nudged_task_runs_in_this_process(
    running: Callable[..., background.BackgroundThread],
) -> None:
    running().nudge(PROBE)
    assert wait_for(lambda: len(runs) == 1)


def test_nudges_of_a_moment_are_published_once(
    running: Callable[..., background.BackgroundThread], monkeypatch: pytest.MonkeyPatch
) -> None:
    published: list[str] = []
    monkeypatch.setattr(
        background.BackgroundThread, "_publish_or_run", lambda _, task: published.append(task)
    )
    thread = running("amqp://127.0.0.1:9//")
    began = time.monotonic()
    for _ in range(50):
        thread.nudge(PROBE)
        time.sleep(0.001)
    moments = (time.monotonic() - began) / 0.1
    assert 1 <= len(published) <= 1 + moments
    assert wait_for(lambda: len(published) >= 2)


def test_thread_survives_a_failed_task(running: Callable[..., background.BackgroundThread]) -> None:
    thread = running()
    thread.nudge(PROBE)
    assert wait_for(lambda: len(runs) == 1)
    thread.nudge(PROBE)
    assert wait_for(lambda: len(runs) == 2)


def test_task_runs_in_this_process_beside_one_of_another_thread() -> None:
    """Celery's guard is one flag for all threads: it hid the error of a task that had run."""
    with denied_join_result(), pytest.raises(ValueError, match="The first one fails"):
        background.run_here(PROBE)
    assert len(runs) == 1


def test_schedule_runs_in_this_process(running: Callable[..., background.BackgroundThread]) -> None:
    running(often=1.0)
    assert wait_for(lambda: len(runs) >= 2)


def test_schedule_survives_a_clock_set_back() -> None:
    entry = background._Entry(PROBE, maybe_schedule(timedelta(seconds=5)))
    assert entry.is_due()
    entry.next_at = 0
    with travel(timezone.now() - timedelta(hours=1)):
        assert entry.is_due()


def test_nudge_waits_for_the_commit(
    running: Callable[..., background.BackgroundThread],
    monkeypatch: pytest.MonkeyPatch,
    transactional_db: None,
) -> None:
    monkeypatch.setitem(background._threads, "default", running())
    with transaction.atomic():
        background.nudge_on_commit(PROBE)
        time.sleep(0.1)
        assert runs == []
    assert wait_for(lambda: len(runs) == 1)


def test_scheduled_tasks_exist() -> None:
    app.loader.import_default_modules()
    names = [entry["task"] for entry in product.CELERY_BEAT_SCHEDULE.values()]
    assert [name for name in names if not isinstance(app.tasks.get(name), Task)] == []


def test_tasks_of_earlier_versions_exist() -> None:
    """During an update, queues have tasks that the previous version published."""
    app.loader.import_default_modules()
    assert [name for name in PUBLISHED_TASKS if name not in app.tasks] == []


def test_queues_are_quorum_queues() -> None:
    arguments = {queue.name: queue.queue_arguments for queue in app.conf.task_queues}
    quorum = {"x-queue-type": "quorum"}
    assert arguments == dict.fromkeys(("default", "mail", "push", "imports"), quorum)


class TestFrozenBroker:
    """The broker accepts connections and never responds, like a stopped process."""

    @pytest.fixture
    def frozen(self) -> Iterator[str]:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(16)
            yield f"amqp://guest:guest@127.0.0.1:{listener.getsockname()[1]}//"

    def test_nudging_is_fast(
        self,
        running: Callable[..., background.BackgroundThread],
        frozen: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setitem(app.conf, "task_always_eager", False)
        monkeypatch.setattr(app.amqp, "_producer_pool", None)
        monkeypatch.setitem(app.conf, "broker_write_url", frozen)
        thread = running(frozen)
        began = time.monotonic()
        for _ in range(1000):
            thread.nudge(RELAY)
        assert time.monotonic() - began < 0.5


@pytest.mark.real
def test_nudged_task_reaches_the_broker(
    running: Callable[..., background.BackgroundThread], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.conf, "task_always_eager", False)
    monkeypatch.setattr(app.amqp, "_producer_pool", None)
    url = product.CELERY_BROKER_URL
    with Connection(url) as connection:
        queue = next(q for q in app.conf.task_queues if q.name == "default")(connection)
        queue.declare()
        queue.purge()
        running(url).nudge(RELAY)
        messages: list[Any] = []

        def arrives() -> bool:
            message = queue.get(no_ack=True)
            messages.extend([message] if message else [])
            return bool(messages)

        assert wait_for(arrives)
    assert messages[0].headers["task"] == RELAY
    assert messages[0].properties["delivery_mode"] == 2


class TestRunDue:
    def test_due_notifications_are_delivered(self, ada: User, settings: Settings) -> None:
        settings.CELERY_BROKER_URL = ""
        notify([notice(ada)])
        call_command("run_due")
        assert [message.to for message in mail.outbox] == [["ada@example.com"]]

    def test_relay_runs_until_nothing_is_due(
        self, ada: User, monkeypatch: Any, settings: Settings
    ) -> None:
        """One run of the relay is short, to leave time for the server's other tasks."""
        settings.CELERY_BROKER_URL = ""
        monkeypatch.setattr("notifications.tasks.LONGEST_S", 0)
        notify([notice(ada, occasion=f"answer {number}") for number in range(3)])
        call_command("run_due")
        assert len(mail.outbox) == 3

    def test_long_run_leaves_the_rest_to_the_next_run(
        self,
        ada: User,
        monkeypatch: Any,
        capsys: pytest.CaptureFixture[str],
        settings: Settings,
    ) -> None:
        settings.CELERY_BROKER_URL = ""
        monkeypatch.setattr("notifications.tasks.LONGEST_S", 0)
        monkeypatch.setattr("notifications.management.commands.run_due.LONGEST_S", 0)
        notify([notice(ada, occasion=f"answer {number}") for number in range(3)])
        call_command("run_due")
        assert len(mail.outbox) == 1
        assert "The next run continues" in capsys.readouterr().out

    def test_command_is_refused_beside_a_broker(self, settings: Settings) -> None:
        settings.CELERY_BROKER_URL = "amqp://elsewhere"
        with pytest.raises(CommandError, match="make worker"):
            call_command("run_due")
