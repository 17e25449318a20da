"""The base class of every Celery task."""

import random
from typing import Any

import structlog
from celery import Task
from django.conf import settings
from django.db import OperationalError

from core.database.errors import is_busy
from core.database.timeouts import timeouts
from core.errors import Busy

logger = structlog.get_logger(__name__)

LOCK_RETRIES = 3


class BoundedTask(Task):
    """A task with a longer statement timeout than requests, which retries after a lock timeout."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with timeouts(statement_s=settings.CELERY_TASK_SOFT_TIME_LIMIT):
            try:
                return super().__call__(*args, **kwargs)
            except (Busy, OperationalError) as error:
                if not (isinstance(error, Busy) or is_busy(error)):
                    raise
                logger.warning("task_met_a_lock", task=self.name, error=str(error))
                pause_s = 2**self.request.retries * random.uniform(1, 2)
                raise self.retry(exc=error, countdown=pause_s, max_retries=LOCK_RETRIES) from error
