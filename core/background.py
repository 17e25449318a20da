"""Background tasks soon after the response, without delaying it.

Each web process has one daemon thread per queue. With a broker the thread publishes tasks, so that
a dead or frozen broker delays this thread and no request. Without a broker (the embedded default)
the thread runs the tasks itself, and the schedule of Celery's beat. Each queue has a thread of its
own, so that a slow provider of events delays no mail.

A nudge is only a hint: the work is in a row of the database, and a scheduled task finds rows whose
nudge was lost.
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
# Publishing a task costs half as much CPU as an RSVP, so nudges soon after one are merged.
_MERGED_FOR_S = 0.1


class BackgroundThread(threading.Thread):
    """Publishes or runs the tasks of one queue. Only web servers start it (config/gunicorn.py)."""

    def __init__(self, queue: str = settings.CELERY_TASK_DEFAULT_QUEUE) -> None:
        super().__init__(name=f"background-{queue}", daemon=True)
        self._nudges: dict[str, None] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._schedule: list[_Entry] = [] if settings.CELERY_BROKER_URL else _entries(queue)

    def nudge(self, task: str) -> None:
        """Request a task. Never blocks; requests while it waits are merged into one."""
        with self._lock:
            self._nudges[task] = None
        self._wake.set()

    def stop(self, timeout: float = 10) -> None:
        """Stop after the running task, or after `timeout` seconds."""
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
                self._publish_or_run(task)
            if nudged and settings.CELERY_BROKER_URL:
                self._stopping.wait(_MERGED_FOR_S)

    def _publish_or_run(self, task: str) -> None:
        try:
            if settings.CELERY_BROKER_URL:
                app.send_task(task, expires=NUDGE_EXPIRES_S, confirm_timeout=5)
            else:
                run_here(task)
        except Exception as error:
            # The thread must continue, and the schedule repeats the work. An unreachable broker is
            # expected; an error in a task is a bug, and is logged with its traceback.
            is_bug = not settings.CELERY_BROKER_URL
            logger.warning("background_failed", task=task, error=repr(error), exc_info=is_bug)
        finally:
            close_old_connections()


class _Entry:
    """One entry of the schedule of Celery's beat."""

    def __init__(self, task: str, schedule: BaseSchedule) -> None:
        self.task, self.schedule = task, schedule
        self.last_run_at = schedule.now() - timedelta(days=1)
        self.next_at = 0.0

    def is_due(self) -> bool:
        """Return whether the task is due. A clock that is set back does not stop the schedule."""
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
    """Run a task in this process. Raises the errors of the task."""
    app.loader.import_default_modules()
    # Celery refuses get() inside a task by a flag that all threads share, and another thread can be
    # in a task now. This task has ended, so get() does not wait.
    return app.tasks[task].apply().get(disable_sync_subtasks=False)


_threads: dict[str, BackgroundThread] = {}


def start() -> None:
    """Start the threads, once per process and after the fork. Safe to call twice."""
    # Before the threads: two of them that load the tasks at the same time can both miss some.
    app.loader.import_default_modules()
    queues = (route["queue"] for route in settings.CELERY_TASK_ROUTES.values())
    for queue in {settings.CELERY_TASK_DEFAULT_QUEUE, *queues} - set(_threads):
        _threads[queue] = BackgroundThread(queue)
        _threads[queue].start()


def stop() -> None:
    while _threads:
        _, thread = _threads.popitem()
        thread.stop()


def nudge_on_commit(task: str) -> None:
    """Run the task soon after this transaction commits.

    Does nothing in workers, which have no such thread: tasks publish their next step once, and not
    for each row.
    """
    thread = _threads.get(_queue_of(task))
    if thread is not None:
        transaction.on_commit(partial(thread.nudge, task))
