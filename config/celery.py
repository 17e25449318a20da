"""The Celery app: `celery -A config.celery worker` and `… beat`."""

import os
import warnings
from typing import Any

import structlog
from celery import Celery
from celery.exceptions import CPendingDeprecationWarning
from celery.signals import beat_init
from django.conf import settings
from django_structlog.celery.signals import bind_extra_task_metadata
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

logger = structlog.get_logger(__name__)

# It warns that tasks continue when the broker is lost, which is the setting that we chose.
warnings.filterwarnings("ignore", category=CPendingDeprecationWarning)

# Without a broker nothing is published; the memory transport needs no host.
app = Celery(
    "booking",
    broker=settings.CELERY_BROKER_URL or "memory://",
    task_cls="core.celery_task:BoundedTask",
)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(DjangoStructLogInitStep)  # task and request ids in every line


def is_in_worker() -> bool:
    """Return whether a worker runs this, not the server's own process or a command."""
    task = app.current_worker_task
    return task is not None and not task.request.is_eager


@bind_extra_task_metadata.connect
def name_the_task(*, task: Any, **_: Any) -> None:
    structlog.contextvars.bind_contextvars(task=task.name)


@beat_init.connect  # type: ignore[untyped-decorator]
def log_start_of_beat(**_: Any) -> None:
    logger.info("beat_started", tasks=sorted(settings.CELERY_BEAT_SCHEDULE))
