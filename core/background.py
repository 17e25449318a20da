"""What has to happen soon after an answer, without the answer waiting for it.

A daemon thread for each queue in each web process. With a broker it publishes
the tasks it is nudged about, so that a broker which is dead or frozen holds up
this thread and no request. Without one (the embedded default) it runs those
tasks itself, and the schedule of Celery's beat besides: a provider of events
that takes its time then holds up no mail, as it would on a queue of its own.

A nudge is a hint, never the only way: whatever it is about stands in a row of
the database, and a task of the schedule sweeps up what was not nudged.
"""

import threading
import time
from datetime import timedelta
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

import structlog
from celery.schedules import BaseSchedule, maybe_schedule
from django.conf import settings
from django.db import close_old_connections, transaction

from config.celery import app

logger = structlog.get_logger(__name__)

NUDGE_EXPIRES_S = 60
_IDLE_S = 1.0


class Courier(threading.Thread):
    """Started by the server (config/gunicorn.py); other processes leave it to the sweep."""

    def __init__(self, queue: str = settings.CELERY_TASK_DEFAULT_QUEUE) -> None:
        super().__init__(name=f"courier-{queue}", daemon=True)
        self._nudges: dict[str, None] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._schedule: list[_Entry] = [] if settings.CELERY_BROKER_URL else _entries(queue)

    def nudge(self, task: str) -> None:
        """Never blocks; the same task nudged ten times meanwhile runs once."""
        with self._lock:
            self._nudges[task] = None
        self._wake.set()

    def stop(self, timeout: float = 10) -> None:
        """Let what is under way end, as far as the time allows."""
        self._stopping.set()
        self._wake.set()
        self.join(timeout)

    def run(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait(_IDLE_S if self._schedule else None)
            self._wake.clear()
            with self._lock:
                nudged, self._nudges = list(self._nudges), {}
            for entry in self._schedule:
                if entry.is_due():
                    nudged.append(entry.task)
            for task in dict.fromkeys(nudged):
                if self._stopping.is_set():
                    return
                self._hand_over(task)

    def _hand_over(self, task: str) -> None:
        try:
            if settings.CELERY_BROKER_URL:
                app.send_task(task, expires=NUDGE_EXPIRES_S, confirm_timeout=5)
            else:
                run_here(task)
        except Exception as error:
            # This thread must go on, and the sweep repeats what failed. A broker that is away is
            # no bug, what fails in a task is.
            is_bug = not settings.CELERY_BROKER_URL
            logger.warning("courier_failed", task=task, error=repr(error), exc_info=is_bug)
        finally:
            close_old_connections()


class _Entry:
    """One line of the beat's schedule."""

    def __init__(self, task: str, schedule: BaseSchedule) -> None:
        self.task, self.schedule = task, schedule
        self.last_run_at = schedule.now() - timedelta(days=1)
        self.next_at = 0.0

    def is_due(self) -> bool:
        """By the monotonic clock between two looks: a clock set back must not stop the thread."""
        if time.monotonic() < self.next_at:
            return False
        if self.last_run_at > self.schedule.now():
            self.last_run_at = self.schedule.now() - timedelta(days=1)
        due, wait_s = self.schedule.is_due(self.last_run_at)
        self.next_at = time.monotonic() + min(wait_s, 60)
        if due:
            self.last_run_at = self.schedule.now()
        return bool(due)


def _entries(queue: str) -> list[_Entry]:
    lines: dict[str, Any] = settings.CELERY_BEAT_SCHEDULE
    return [
        _Entry(line["task"], maybe_schedule(line["schedule"]))
        for line in lines.values()
        if _queue_of(line["task"]) == queue
    ]


def _queue_of(task: str) -> str:
    routes: dict[str, dict[str, str]] = settings.CELERY_TASK_ROUTES
    queues = (route["queue"] for pattern, route in routes.items() if fnmatchcase(task, pattern))
    return next(queues, settings.CELERY_TASK_DEFAULT_QUEUE)


def run_here(task: str) -> Any:
    """Run a task in this process. Raises what it raises."""
    app.loader.import_default_modules()
    # Celery's guard against waiting inside a task is one flag for all threads, and the other
    # queue's thread can be in a task now. This task has ended: nothing is waited for.
    return app.tasks[task].apply().get(disable_sync_subtasks=False)


_couriers: dict[str, Courier] = {}


def start() -> None:
    """Once per process, after the fork. Safe to call twice."""
    # Here, as threads that both find the tasks for the first time may each find but some.
    app.loader.import_default_modules()
    queues = (route["queue"] for route in settings.CELERY_TASK_ROUTES.values())
    for queue in {settings.CELERY_TASK_DEFAULT_QUEUE, *queues} - set(_couriers):
        _couriers[queue] = Courier(queue)
        _couriers[queue].start()


def stop() -> None:
    while _couriers:
        _, courier = _couriers.popitem()
        courier.stop()


def nudge_on_commit(task: str) -> None:
    """Have the task run soon after this transaction has committed.

    Workers have no courier: their tasks publish what is to follow, once and not for each row.
    """
    courier = _couriers.get(_queue_of(task))
    if courier is not None:
        transaction.on_commit(partial(courier.nudge, task))
