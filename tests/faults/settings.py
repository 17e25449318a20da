"""The product's settings with shorter times, so that a round takes seconds.

A claim still outlasts a task, and a task the broker's timeout. There are enough attempts that none
is the last one.
"""

from datetime import timedelta

from config.settings import *  # noqa: F403
from config.settings import (
    CELERY_BEAT_SCHEDULE,
    CELERY_BROKER_TRANSPORT_OPTIONS,
    CELERY_TASK_SOFT_TIME_LIMIT,
    CELERY_TASK_TIME_LIMIT,
)

# Imports and payments hold their claims for longer, as in production.
CELERY_TASK_ANNOTATIONS = {
    task: {"soft_time_limit": CELERY_TASK_SOFT_TIME_LIMIT, "time_limit": CELERY_TASK_TIME_LIMIT}
    for task in ("external_events.tasks.work_on_runs", "payments.tasks.work_on_payments")
}

DELIVERY_CLAIM_S = 4
CELERY_TASK_SOFT_TIME_LIMIT = 3
CELERY_TASK_TIME_LIMIT = 3.5  # type: ignore[assignment]
DELIVERY_PAUSES_S = [1, 1, 1] + [2] * 97
EMAIL_TIMEOUT = 1
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_TRANSPORT_OPTIONS |= {"read_timeout": 2, "write_timeout": 2}

for _task in (
    "notifications.tasks.relay",
    "rsvp.tasks.fan_out",
    "rsvp.tasks.remind",
    "external_events.tasks.work_on_runs",
    "payments.tasks.work_on_payments",
):
    CELERY_BEAT_SCHEDULE[_task] |= {"schedule": timedelta(seconds=1), "options": {"expires": 1}}

# Hundreds of users sign up, and a real hash is slow on purpose.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
